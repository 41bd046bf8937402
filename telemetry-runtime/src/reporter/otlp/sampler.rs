//! Of which traces the spans are sent.
//!
//! A ratio is compared with the trace id, which all spans of a trace share: so a trace is sent whole or
//! not at all, in all processes that it passes, and the sampler asks nobody. A sampler that follows the
//! parent does as the process has said from which the trace comes, and decides as its root does of a
//! trace that began here: a parent in this process has the same trace id.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers>.

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
    /// Whether what another process has said of the trace comes first.
    follows: bool,
}

/// The bits of a trace id that are random in any case, as W3C Trace Context 2 has it.
const RANDOM_BITS: u32 = 56;

impl SamplerKind {
    pub(super) fn sampler(self, ratio: f64) -> Sampler {
        match self {
            Self::AlwaysOn => Sampler { bound: u64::MAX, follows: false },
            Self::AlwaysOff => Sampler { bound: 0, follows: false },
            Self::Ratio => Sampler::of(ratio),
            Self::ParentBased(root) => Sampler { follows: true, ..root.sampler(ratio) },
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
        Self { bound: (ratio.clamp(0.0, 1.0) * all as f64) as u64, follows: false }
    }

    /// Whether it chooses none, so that nobody needs to listen.
    pub(super) fn is_off(self) -> bool {
        self.bound == 0 && !self.follows
    }

    /// Whether the spans of this trace are sent.
    pub(super) fn chooses(self, context: &SpanContext) -> bool {
        if let (true, Some(sampled)) = (self.follows, context.sampled()) {
            return sampled;
        }
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

    telemetry::events! { span otlp_sampler.root; }

    fn remote(trace_id: u128, flags: &str) -> SpanContext {
        format!("00-{trace_id:032x}-00000000000000aa-{flags}").parse().unwrap()
    }

    fn chosen(name: &str, ratio: f64) -> usize {
        let sampler = SamplerKind::read(name).unwrap().sampler(ratio);
        let _captured = telemetry::testing::capture(&[&otlp_sampler::root::stop]);
        // of traces that begin here
        let context = || telemetry::start!(otlp_sampler.root).context().unwrap();
        (0..10_000).filter(|_| sampler.chooses(&context())).count()
    }

    #[test]
    fn samplers_choose_their_part() {
        assert_eq!(chosen("always_on", 0.0), 10_000);
        assert_eq!(chosen("parentbased_always_on", 0.0), 10_000);
        assert_eq!(chosen("always_off", 1.0), 0);
        assert_eq!(chosen("parentbased_always_off", 1.0), 0);
        assert_eq!(chosen("traceidratio", 1.0), 10_000);
        assert_eq!(chosen("traceidratio", 0.0), 0);
        let quarter = chosen("parentbased_traceidratio", 0.25);
        assert!((2_300..2_700).contains(&quarter), "{quarter}");
    }

    #[test]
    fn who_follows_the_parent_does_as_another_process_has_said() {
        for (name, ratio) in [
            ("parentbased_always_on", 1.0),
            ("parentbased_always_off", 1.0),
            ("parentbased_traceidratio", 0.5),
        ] {
            let sampler = SamplerKind::read(name).unwrap().sampler(ratio);
            assert!(!sampler.is_off(), "{name}");
            for id in [1, u128::MAX] {
                assert!(sampler.chooses(&remote(id, "01")), "{name}");
                assert!(!sampler.chooses(&remote(id, "00")), "{name}");
            }
        }
        // others do not ask
        assert!(SamplerKind::AlwaysOn.sampler(1.0).chooses(&remote(1, "00")));
        let off = SamplerKind::AlwaysOff.sampler(1.0);
        assert!(off.is_off() && !off.chooses(&remote(1, "01")));
    }

    #[test]
    fn the_same_trace_is_chosen_everywhere_and_by_every_larger_ratio() {
        let mut random = fastrand::Rng::with_seed(9);
        for _ in 0..1_000 {
            let (id, ratio) = (random.u128(1..), random.f64());
            let is_chosen = |ratio| SamplerKind::Ratio.sampler(ratio).chooses(&remote(id, "01"));
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
