//! Share of the variance at chosen periods.

use pulp::Simd;

use crate::Error;
use crate::kernels::Kernel;
use crate::kernels::circle;
use crate::kernels::eight_sums::{deviations, dot, is_known};
use crate::lanes::{Eight, LANES, dispatch_eight};

/// Share of the variance that a sine of each period takes when it is fitted by least squares to the
/// deviations from the mean of the known steps: the normalised Lomb-Scargle periodogram, in [0, 1].
///
/// With `n` known steps white noise has `2 / (n - 1)` on average, at a period of two steps half as much.
/// NaN for a flat series, for fewer than four known steps (a sine always meets three), and for a period
/// longer than the series.
///
/// Source: Scargle (1982).
#[derive(Debug, Clone)]
pub struct Periodicity {
    periods: Vec<f64>,
}

/// A cosine and a sine at every step, up to a whole number of vectors, with their sums of products over all
/// steps: cosine with itself, sine with itself, one with the other.
#[derive(Debug)]
struct Waves {
    cos: Vec<f64>,
    sin: Vec<f64>,
    products: [f64; 3],
}

/// Waves for one length of series, and deviations of one of them.
#[derive(Debug, Default)]
pub struct Table {
    n_steps: usize,
    waves: Vec<Waves>,
    d: Vec<f64>,
    /// 1 where a step is known, 0 where not.
    known: Vec<f64>,
}

/// Fewest known steps that a sine does not meet all.
const FEWEST: f64 = 4.0;
/// Determinant, relative to the square of the trace, below which the waves are one and the same at the
/// known steps but for rounding, as at the shortest period, whose sine is 0 there.
const SINGULAR: f64 = 1e-9;

impl Periodicity {
    /// Periods in steps, 2 or more, whole or not.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if there is no period, or one that is shorter than two steps.
    pub fn new(periods: &[f64]) -> Result<Self, Error> {
        if periods.is_empty() {
            return Err(Error::out_of_range("periods", "[]", "at least one"));
        }
        match periods.iter().find(|p| !(p.is_finite() && **p >= 2.0)) {
            Some(period) => Err(Error::out_of_range(
                "periods",
                period,
                "two steps or more; shorter cycles cannot be told from longer ones",
            )),
            None => Ok(Self {
                periods: periods.to_vec(),
            }),
        }
    }
}

impl Waves {
    fn new(period: f64, n_steps: usize) -> Self {
        let length = n_steps.next_multiple_of(LANES);
        let mut cos = Vec::with_capacity(length);
        let mut sin = Vec::with_capacity(length);
        for t in 0..length {
            // A whole period comes again to the bit, and looking back is cheaper than computing.
            let (c, s) = if period.fract() == 0.0 && t as f64 >= period {
                (cos[t - period as usize], sin[t - period as usize])
            } else {
                circle::point(t as f64 % period / period)
            };
            cos.push(c);
            sin.push(s);
        }
        let mut products = [0.0; 3];
        for (c, s) in cos[..n_steps].iter().zip(&sin) {
            products[0] += c * c;
            products[1] += s * s;
            products[2] += c * s;
        }
        Self { cos, sin, products }
    }
}

impl Kernel for Periodicity {
    type Workspace = Table;

    fn width(&self, _n_steps: usize) -> usize {
        self.periods.len()
    }

    fn measure(&self, x: &[f64], table: &mut Table, out: &mut [f64]) {
        if table.waves.is_empty() || table.n_steps != x.len() {
            table.n_steps = x.len();
            table.waves = self
                .periods
                .iter()
                .map(|&period| Waves::new(period, x.len()))
                .collect();
        }
        shares(x, table, out);
        for (slot, period) in out.iter_mut().zip(&self.periods) {
            if *period > x.len() as f64 {
                *slot = f64::NAN;
            }
        }
    }
}

dispatch_eight! {
    fn shares<'a>(simd, x: &'a [f64], table: &'a mut Table, out: &'a mut [f64]) {
        let known = deviations(simd, x, &mut table.d);
        if known.flat || known.count < FEWEST {
            out.fill(f64::NAN);
            return;
        }
        let gaps = known.count < x.len() as f64;
        if gaps {
            table.known.clear();
            table.known.extend(x.iter().map(|&v| f64::from(u8::from(is_known(v)))));
            table.known.resize(table.d.len(), 0.0);
        }
        let square = dot(simd, &table.d, &table.d);
        for (slot, waves) in out.iter_mut().zip(&table.waves) {
            let length = waves.cos.len();
            let d = &table.d[..length];
            let [cos, sin] = projections(simd, d, waves);
            let products = if gaps {
                products_where(simd, &table.known[..length], waves)
            } else {
                waves.products
            };
            *slot = (explained(cos, sin, products) / square).clamp(0.0, 1.0);
        }
    }
}

/// Sums of products of a series with both waves.
#[inline(always)]
fn projections<S: Simd>(simd: S, d: &[f64], waves: &Waves) -> [f64; 2] {
    let (d, _) = d.as_chunks::<LANES>();
    let (cos, _) = waves.cos.as_chunks::<LANES>();
    let (sin, _) = waves.sin.as_chunks::<LANES>();
    let n = d.len();
    let (cos, sin) = (&cos[..n], &sin[..n]);
    // Two sums each by turns: an addition need not wait for the one before.
    let mut sums = [[Eight::splat(simd, 0.0); 2]; 2];
    for block in 0..n / 2 {
        for k in 0..2 {
            let at = 2 * block + k;
            let d = Eight::load(simd, &d[at]);
            sums[k][0] = d.mul_add(Eight::load(simd, &cos[at]), sums[k][0]);
            sums[k][1] = d.mul_add(Eight::load(simd, &sin[at]), sums[k][1]);
        }
    }
    if n % 2 == 1 {
        let d = Eight::load(simd, &d[n - 1]);
        sums[0][0] = d.mul_add(Eight::load(simd, &cos[n - 1]), sums[0][0]);
        sums[0][1] = d.mul_add(Eight::load(simd, &sin[n - 1]), sums[0][1]);
    }
    [
        (sums[0][0] + sums[1][0]).sum(),
        (sums[0][1] + sums[1][1]).sum(),
    ]
}

/// Sums of products of the waves over the known steps.
#[inline(always)]
fn products_where<S: Simd>(simd: S, known: &[f64], waves: &Waves) -> [f64; 3] {
    let (known, _) = known.as_chunks::<LANES>();
    let (cos, _) = waves.cos.as_chunks::<LANES>();
    let (sin, _) = waves.sin.as_chunks::<LANES>();
    let zero = Eight::splat(simd, 0.0);
    let (mut cos_cos, mut sin_sin, mut cos_sin) = (zero, zero, zero);
    for ((known, cos), sin) in known.iter().zip(cos).zip(sin) {
        let known = Eight::load(simd, known);
        let (cos, sin) = (Eight::load(simd, cos), Eight::load(simd, sin));
        let (c, s) = (cos * known, sin * known);
        cos_cos = c.mul_add(cos, cos_cos);
        sin_sin = s.mul_add(sin, sin_sin);
        cos_sin = c.mul_add(sin, cos_sin);
    }
    [cos_cos.sum(), sin_sin.sum(), cos_sin.sum()]
}

/// Squares that the best sine takes off.
#[inline(always)]
fn explained(cos: f64, sin: f64, [cos_cos, sin_sin, cos_sin]: [f64; 3]) -> f64 {
    let determinant = cos_cos * sin_sin - cos_sin * cos_sin;
    let trace = cos_cos + sin_sin;
    if determinant > SINGULAR * trace * trace {
        (cos * cos * sin_sin + sin * sin * cos_cos - 2.0 * cos * sin * cos_sin) / determinant
    } else if cos_cos > sin_sin {
        cos * cos / cos_cos
    } else {
        sin * sin / sin_sin
    }
}
