//! Slow change: trends, shifts of the level and where they happen.

mod change_points;
mod cusum;
mod linear_trend;
mod mann_kendall;
mod segments;
mod slope_passes;
mod slopes;
mod theil_sen;

pub use change_points::ChangePoints;
pub use cusum::Cusum;
pub use linear_trend::LinearTrend;
pub use mann_kendall::MannKendall;
pub use theil_sen::TheilSen;
