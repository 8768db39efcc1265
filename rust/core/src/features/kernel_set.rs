//! The kernels that features are made of, with their parameters, and the memory that a thread keeps for
//! them.

use crate::Error;
use crate::kernels::{
    Autocorrelation, Bursts, ChangePoints, Cusum, DailyProfile, DetrendedFluctuation, ExactRepeats,
    FanoFactor, Kernel, LeadLag, LempelZivComplexity, LinearTrend, MannKendall,
    PartialAutocorrelation, Periodicity, PermutationEntropy, ProfileShift, Regularity, Rolling,
    RoundTotals, SeasonalStrength, ShannonEntropy, SpectralEntropy, Statistic, ZeroRuns,
};

macro_rules! kernel_set {
    ($day:ident; $($name:ident: $kernel:ty = $new:expr;)*) => {
        /// Kernels, made once and shared by all threads.
        pub(crate) struct Kernels {
            $(pub(crate) $name: $kernel,)*
        }

        impl Kernels {
            /// For a clock of so many steps a day; any number of at least 2 stands for none.
            ///
            /// # Errors
            /// None but those of a parameter below that its kernel refuses.
            pub(crate) fn new($day: usize) -> Result<Self, Error> {
                Ok(Self { $($name: $new,)* })
            }
        }

        /// Their memory, one for each thread.
        #[derive(Default)]
        pub(crate) struct Workspaces {
            $(pub(crate) $name: <$kernel as Kernel>::Workspace,)*
        }
    };
}

kernel_set! {
    day;
    shannon: ShannonEntropy = ShannonEntropy::new(16)?;
    spectral: SpectralEntropy = SpectralEntropy::new(true);
    permutation_3: PermutationEntropy = PermutationEntropy::new(3, 1, true)?;
    permutation_5: PermutationEntropy = PermutationEntropy::new(5, 1, true)?;
    regularity: Regularity = Regularity::new(2, 0.2)?;
    lempel_ziv: LempelZivComplexity = LempelZivComplexity::new(true);
    rolling_mean: Rolling = Rolling::new(24, Statistic::Mean)?;
    rolling_std: Rolling = Rolling::new(24, Statistic::Std)?;
    rolling_median: Rolling = Rolling::new(24, Statistic::Median)?;
    rolling_zscore: Rolling = Rolling::new(24, Statistic::Zscore)?;
    rolling_skew: Rolling = Rolling::new(24, Statistic::Skew)?;
    bursts: Bursts = Bursts::new(3.0)?;
    zero_runs: ZeroRuns = ZeroRuns;
    fano_day: FanoFactor = FanoFactor::new(24)?;
    repeats: ExactRepeats = ExactRepeats::new(6)?;
    round_totals: RoundTotals = RoundTotals;
    linear_trend: LinearTrend = LinearTrend;
    mann_kendall: MannKendall = MannKendall;
    cusum: Cusum = Cusum;
    change_points: ChangePoints = ChangePoints::new(6, None)?;
    acf_hours: Autocorrelation = Autocorrelation::new(&[2, 3, 6, 12])?;
    acf_24: Autocorrelation = Autocorrelation::new(&[24])?;
    acf_48: Autocorrelation = Autocorrelation::new(&[48])?;
    acf_168: Autocorrelation = Autocorrelation::new(&[168])?;
    pacf: PartialAutocorrelation = PartialAutocorrelation::new(&[2, 3])?;
    fluctuation: DetrendedFluctuation = DetrendedFluctuation;
    periodicity: Periodicity = Periodicity::new(&[2.0, 4.0, 6.0, 8.0, 12.0, 24.0])?;
    seasonal: SeasonalStrength = SeasonalStrength::new(day)?;
    profile: DailyProfile = DailyProfile::new(day)?;
    profile_shift: ProfileShift = ProfileShift::new(day)?;
    lead_lag: LeadLag = LeadLag::new(6);
}
