//! What each random stream of the simulator is for: numbers 1 to 999, never reused.
//! (100 to 104, 111, 115 and 120 to 133 were used once.)

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
pub(super) const BURSTS: u64 = 105;
pub(super) const LIVE: u64 = 106;
pub(super) const POSTS: u64 = 107;
pub(super) const IDLE: u64 = 108;
pub(super) const LIFE: u64 = 109;
pub(super) const SCENARIO: u64 = 110;
pub(super) const COUNTERS: u64 = 112;
pub(super) const GAPS: u64 = 113;
pub(super) const DIASPORA: u64 = 114;
// Keyed by account, drawn by counter (`lanes::Key`); the position is the step, the day or the place.
pub(super) const LOT: u64 = 150;
pub(super) const DAYS: u64 = 151;
pub(super) const RATIO_DAYS: u64 = 152;
pub(super) const NOISE: u64 = 153;
pub(super) const VIEWS: u64 = 154;
pub(super) const THINNING: u64 = 155;
/// Second attempts of gamma variates, drawn in order.
pub(super) const GAMMA: u64 = 156;
// Keyed by owner.
pub(super) const OWNER: u64 = 140;
