//! The kernels that features are made of, with their parameters, and the memory that a thread keeps for
//! them.

use crate::Error;
use crate::kernels::{
    Bursts, ChangePoints, Cusum, ExactRepeats, FanoFactor, Kernel, LempelZivComplexity,
    LinearTrend, MannKendall, PermutationEntropy, Regularity, Rolling, RoundTotals, ShannonEntropy,
    SpectralEntropy, Statistic, ZeroRuns,
};

macro_rules! kernel_set {
    ($($name:ident: $kernel:ty = $new:expr;)*) => {
        /// Kernels, made once and shared by all threads.
        pub(crate) struct Kernels {
            $(pub(crate) $name: $kernel,)*
        }

        impl Kernels {
            /// # Errors
            /// None but those of a parameter below that its kernel refuses.
            pub(crate) fn new() -> Result<Self, Error> {
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
}
