//! Of which traces the spans are sent.
//!
//! A ratio is compared with the trace id, which all spans of a trace share: so a trace is sent whole or
//! not at all, in all processes that it passes, and the sampler asks nobody. That is also why a sampler
//! that follows the parent decides as its root does: the parent has the same trace id. Only what another
//! process has decided in another way is not known, as a span context does not keep the flag with which
//! it came.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/trace/sdk/#traceidratiobased>.

use telemetry::SpanContext;

use crate::config::Value;

/// A sampler by its name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SamplerKind {
    AlwaysOn,
    AlwaysOff,
    Ratio,
    ParentBased(&'static Self),
}

/// Chooses spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sampler {
    /// Traces below it are chosen, by the last seven bytes of their ids.
    bound: u64,
}

/// The bits of a trace id that are random in any case, as W3C Trace Context 2 has it.
const RANDOM_BITS: u32 = 56;

impl SamplerKind {
    pub(super) fn sampler(self, ratio: f64) -> Sampler {
        match self {
            Self::AlwaysOn => Sampler { bound: u64::MAX },
            Self::AlwaysOff => Sampler { bound: 0 },
            Self::Ratio => Sampler::of(ratio),
            Self::ParentBased(root) => root.sampler(ratio),
        }
    }
}

impl Sampler {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a power of two is exact, and the product is between 0 and it"
    )]
    fn of(ratio: f64) -> Self {
        let all = 1_u64 << RANDOM_BITS;
        Self { bound: (ratio.clamp(0.0, 1.0) * all as f64) as u64 }
    }

    /// Whether it chooses none, so that nobody needs to listen.
    pub(super) fn is_off(self) -> bool {
        self.bound == 0
    }

    /// Whether the spans of this trace are sent.
    pub(super) fn chooses(self, context: &SpanContext) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "the last seven bytes are wanted")]
        let random = context.trace_id() as u64 & ((1 << RANDOM_BITS) - 1);
        random < self.bound
    }
}

impl Value for SamplerKind {
    const ALLOWED: &'static str =
        "`always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`";

    fn read(text: &str) -> Result<Self, String> {
        let root = |text| match text {
            "always_on" => Some(&Self::AlwaysOn),
            "always_off" => Some(&Self::AlwaysOff),
            "traceidratio" => Some(&Self::Ratio),
            _ => None,
        };
        let found = match text.strip_prefix("parentbased_") {
            Some(text) => root(text).map(Self::ParentBased),
            None => root(text).copied(),
        };
        found.ok_or_else(|| "which is no sampler".into())
    }

    fn show(&self) -> String {
        match self {
            Self::AlwaysOn => "always_on".into(),
            Self::AlwaysOff => "always_off".into(),
            Self::Ratio => "traceidratio".into(),
            Self::ParentBased(root) => format!("parentbased_{}", root.show()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(trace_id: u128) -> SpanContext {
        format!("00-{trace_id:032x}-00000000000000aa-01").parse().unwrap()
    }

    fn chosen(name: &str, ratio: f64) -> usize {
        let sampler = SamplerKind::read(name).unwrap().sampler(ratio);
        let mut random = fastrand::Rng::with_seed(7);
        (0..10_000).filter(|_| sampler.chooses(&context(random.u128(1..)))).count()
    }

    #[test]
    fn samplers_choose_their_part() {
        assert_eq!(chosen("always_on", 0.0), 10_000);
        assert_eq!(chosen("parentbased_always_on", 0.0), 10_000);
        assert_eq!(chosen("always_off", 1.0), 0);
        assert_eq!(chosen("traceidratio", 1.0), 10_000);
        assert_eq!(chosen("traceidratio", 0.0), 0);
        let quarter = chosen("parentbased_traceidratio", 0.25);
        assert!((2_300..2_700).contains(&quarter), "{quarter}");
    }

    #[test]
    fn the_same_trace_is_chosen_everywhere_and_by_every_larger_ratio() {
        let mut random = fastrand::Rng::with_seed(9);
        for _ in 0..1_000 {
            let (id, ratio) = (random.u128(1..), random.f64());
            let is_chosen = |ratio| SamplerKind::Ratio.sampler(ratio).chooses(&context(id));
            assert_eq!(is_chosen(ratio), is_chosen(ratio));
            assert!(!is_chosen(ratio) || is_chosen(f64::midpoint(ratio, 1.0)));
        }
    }

    #[test]
    fn names_are_shown_as_they_are_read() {
        for name in ["always_off", "traceidratio", "parentbased_always_on"] {
            assert_eq!(SamplerKind::read(name).unwrap().show(), name);
        }
        for name in ["jaeger_remote", "parentbased_parentbased_always_on", ""] {
            SamplerKind::read(name).unwrap_err();
        }
    }
}
