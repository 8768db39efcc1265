//! What each random stream of the simulator is for: numbers 1 to 999, never reused.

// Keyed by block of accounts.
pub(super) const FAKES: u64 = 1;
pub(super) const SCENARIOS: u64 = 2;
// Keyed by world, neighbourhood and group.
pub(super) const ATTACKS: u64 = 3;
/// Plus the number of the attack: 10 to 21.
pub(super) const COHORTS: u64 = 10;
// Keyed by world.
pub(super) const PLATFORM: u64 = 30;
pub(super) const PLATFORM_EVENTS: u64 = 31;
pub(super) const NEWS: u64 = 32;
// Keyed by account.
pub(super) const PROFILE: u64 = 100;
pub(super) const TRAITS: u64 = 101;
pub(super) const PHASES: u64 = 102;
pub(super) const LEVELS: u64 = 103;
pub(super) const MEMORY: u64 = 104;
pub(super) const BURSTS: u64 = 105;
pub(super) const LIVE: u64 = 106;
pub(super) const POSTS: u64 = 107;
pub(super) const IDLE: u64 = 108;
pub(super) const LIFE: u64 = 109;
pub(super) const SCENARIO: u64 = 110;
pub(super) const RATIOS: u64 = 111;
pub(super) const COUNTERS: u64 = 112;
pub(super) const GAPS: u64 = 113;
pub(super) const DIASPORA: u64 = 114;
pub(super) const IDLE_LEVEL: u64 = 115;
/// Plus the number of the metric: 120 to 123.
pub(super) const COUNTS: u64 = 120;
/// Plus the number of the metric: 130 to 133.
pub(super) const RATIO_NOISE: u64 = 130;
// Keyed by owner.
pub(super) const OWNER: u64 = 140;
