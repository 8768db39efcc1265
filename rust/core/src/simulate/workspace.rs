//! Memory of one thread: the series of the account in hand, reused from account to account.

/// Words and series of one account, one entry per step.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Random words, four of each position.
    pub(super) words: [Vec<u32>; 4],
    /// Noise of the rate.
    pub(super) noise: Vec<f32>,
    /// Noise of each ratio.
    pub(super) ratio_noise: [Vec<f32>; 3],
    /// Gamma mixing of the views.
    pub(super) mixing: Vec<f32>,
    /// Words of the counts of views, likes, comments and shares.
    pub(super) count_words: [Vec<u32>; 4],
    /// Words of the acceptance and of the boost of gamma variates.
    pub(super) gamma_words: [Vec<u32>; 2],
    /// Room for one pass.
    pub(super) spare: Vec<f32>,
    /// Daily curve, moved from day to day, with weekends: whole days.
    pub(super) curve: Vec<f32>,
    /// The same with the jumps of the level.
    pub(super) level: Vec<f32>,
    /// Hour of the daily curve at which each day begins.
    pub(super) day_shifts: Vec<f32>,
    /// Jump of the level of each day.
    pub(super) day_jumps: Vec<f32>,
    /// Logarithm of growth and season.
    pub(super) slow: Vec<f32>,
    /// Views per hour that counts are drawn around.
    pub(super) rate: Vec<f32>,
    /// Logarithm of one plus the excess of bursts: virality.
    pub(super) virality: Vec<f32>,
    /// Smooth expected views: no noise, no bursts. Filled where an attack needs it.
    pub(super) smooth: Vec<f32>,
    /// Life of the one post that the series shows.
    pub(super) life: Vec<f32>,
    /// Organic bursts and posts.
    pub(super) excess: Vec<f32>,
    /// Live sessions.
    pub(super) live: Vec<f32>,
    /// 1 where the account is switched on.
    pub(super) on: Vec<f32>,
    /// What a scenario does.
    pub(super) course: Course,
    /// The account before its attack: metric after metric.
    pub(super) clean: Vec<f32>,
}

/// What a scenario does to the rates of its account.
#[derive(Debug)]
pub(super) struct Course {
    /// Extra rate, in units of the usual one, with the audience's own ratios.
    pub(super) excess: Vec<f32>,
    /// Factor on the whole rate.
    pub(super) factor: Vec<f32>,
    /// Promoted views per hour, in units of the account's usual level; then their share of all.
    pub(super) promoted: Vec<f32>,
    /// Factor on one metric's ratio: metric, first step, step after the last, factor.
    pub(super) bait: Option<(usize, usize, usize, f64)>,
}

impl Workspace {
    /// Room for series of `length` steps over `days` begun days, with nothing in them.
    pub(super) fn new(length: usize, days: usize) -> Self {
        let words = || vec![0; length];
        let steps = || vec![0.0; length];
        Self {
            words: [(); 4].map(|()| vec![0; length.max(days)]),
            noise: steps(),
            ratio_noise: [(); 3].map(|()| steps()),
            mixing: steps(),
            count_words: [(); 4].map(|()| words()),
            gamma_words: [(); 2].map(|()| words()),
            spare: steps(),
            curve: vec![0.0; 24 * days],
            level: vec![0.0; 24 * days],
            day_shifts: vec![0.0; days],
            day_jumps: vec![0.0; days],
            slow: steps(),
            rate: steps(),
            virality: steps(),
            smooth: steps(),
            life: steps(),
            excess: steps(),
            live: steps(),
            on: steps(),
            course: Course {
                excess: steps(),
                factor: vec![1.0; length],
                promoted: steps(),
                bait: None,
            },
            clean: vec![0.0; 4 * length],
        }
    }
}
