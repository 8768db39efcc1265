//! Isolation forests as arrays, scored one account at a time in a fixed order.
