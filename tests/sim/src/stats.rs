//! Means and their standard errors.

/// A sample of values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    count: u64,
    sum: f64,
    squares: f64,
}

impl Sample {
    /// An empty sample.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            count: 0,
            sum: 0.0,
            squares: 0.0,
        }
    }

    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
    }

    /// Adds the values of another sample.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The mean; 0 of an empty sample.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    /// The standard error of the mean.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        let count = self.count.max(2) as f64;
        let variance = (self.squares - self.sum * self.sum / count).max(0.0) / (count - 1.0);
        (variance / count).sqrt()
    }

    /// Whether the mean is above 0 by more than two standard errors.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.mean() > 2.0 * self.standard_error()
    }
}
