//! What a feature is: the rows of the registry.

/// Which end of a feature speaks for fraud, known beforehand and not learnt from labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Large values are suspicious.
    High,
    /// Neither end is: authors of attacks disagree about it, or nobody knows.
    None,
}

/// What a feature needs beside enough steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A cadence with a daily cycle: at least six steps per day.
    DailyClock,
    /// A second metric of the same account.
    TwoMetrics,
    /// Values that differ.
    Variation,
    /// Counts other than zero.
    Activity,
    /// A burst.
    Burst,
}

impl Needs {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::DailyClock => "a daily clock",
            Self::TwoMetrics => "two metrics",
            Self::Variation => "values that differ",
            Self::Activity => "counts other than zero",
            Self::Burst => "a burst",
        }
    }
}

/// One row of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// What is measured.
    pub measure: &'static str,
    /// The measure's parameter.
    pub parameter: &'static str,
    /// Group of features that can be asked for by name.
    pub family: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// Meaning in a few words.
    pub meaning: &'static str,
    /// Fewest known steps for which it is computed; NaN below.
    pub min_steps: usize,
    /// What else it needs; NaN without.
    pub needs: Needs,
    /// Which end is suspicious.
    pub direction: Direction,
    /// Raised whenever the value of the same series changes: a model trained on another version is
    /// refused.
    pub version: u16,
}

impl Feature {
    /// A feature of which large values are suspicious.
    pub(crate) const fn high(
        family: &'static str,
        measure: &'static str,
        parameter: &'static str,
        unit: &'static str,
        min_steps: usize,
        meaning: &'static str,
    ) -> Self {
        Self {
            measure,
            parameter,
            family,
            unit,
            meaning,
            min_steps,
            needs: Needs::Nothing,
            direction: Direction::High,
            version: 1,
        }
    }

    /// A feature of which neither end is suspicious by itself.
    pub(crate) const fn neutral(
        family: &'static str,
        measure: &'static str,
        parameter: &'static str,
        unit: &'static str,
        min_steps: usize,
        meaning: &'static str,
    ) -> Self {
        let mut feature = Self::high(family, measure, parameter, unit, min_steps, meaning);
        feature.direction = Direction::None;
        feature
    }

    /// The same with something else needed.
    pub(crate) const fn needing(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }
}

/// Families in the order of the documentation.
pub const FAMILIES: [&str; 7] = [
    "rolling",
    "autocorrelation",
    "entropy",
    "burst",
    "trend",
    "seasonality",
    "ratio",
];
