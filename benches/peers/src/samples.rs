//! What the rounds of one contender gave.

/// Figures of equal rounds. Contenders of one row have their rounds in turn, so that the figures of
/// one round can be compared.
pub struct Samples {
    rounds: Vec<f64>,
    sorted: Vec<f64>,
}

impl Samples {
    /// # Panics
    /// Where there is none.
    pub fn new(rounds: Vec<f64>) -> Self {
        assert!(!rounds.is_empty(), "a contender has at least one round");
        let mut sorted = rounds.clone();
        sorted.sort_by(f64::total_cmp);
        Self { rounds, sorted }
    }

    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// A quarter of all lies below the first, a quarter above the second.
    pub fn quartiles(&self) -> (f64, f64) {
        (self.at(0.25), self.at(0.75))
    }

    pub fn rounds(&self) -> usize {
        self.rounds.len()
    }

    /// So many times the other's figure: the median of all rounds.
    pub fn ratio(&self, other: &Self) -> f64 {
        self.by_round(other, |one, other| one / other)
    }

    /// So much beyond the other's figure: the median of all rounds.
    pub fn over(&self, other: &Self) -> f64 {
        self.by_round(other, |one, other| one - other)
    }

    fn by_round(&self, other: &Self, compare: impl Fn(f64, f64) -> f64) -> f64 {
        let pairs = self.rounds.iter().zip(&other.rounds);
        Self::new(pairs.map(|(one, other)| compare(*one, *other)).collect()).median()
    }

    fn at(&self, part: f64) -> f64 {
        let last = self.sorted.len() - 1;
        let place = part * last as f64;
        let share = place.fract();
        self.sorted[place.floor() as usize] * (1.0 - share)
            + self.sorted[place.ceil() as usize] * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_quartiles_lie_between_the_figures() {
        let samples = Samples::new(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!(samples.median(), 2.5);
        assert_eq!(samples.quartiles(), (1.75, 3.25));
        assert_eq!(Samples::new(vec![7.0]).quartiles(), (7.0, 7.0));
    }

    #[test]
    fn rounds_are_compared_with_each_other() {
        // the second round was a slow one for both
        let (one, other) = (Samples::new(vec![2.0, 40.0, 2.0]), Samples::new(vec![4.0, 80.0, 4.0]));
        assert_eq!(one.ratio(&other), 0.5);
        assert_eq!(other.over(&one), 2.0);
    }
}
