//! What a function under `#[poll]` is declared as.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{LitStr, ReturnType};

use super::parse::{Arguments, Function, OptionValue};
use crate::duration::DurationText;
use crate::paths::Facade;

pub(super) struct Model<'f> {
    pub(super) facade: Facade,
    pub(super) function: &'f Ident,
    pub(super) output: &'f ReturnType,
    pub(super) is_async: bool,
    /// `None` for the function's path.
    pub(super) name: Option<LitStr>,
    /// Each constructor's word for a duration, `with_every`, and its value.
    pub(super) durations: Vec<(&'static str, DurationText)>,
    pub(super) on_failure: Option<OnFailure>,
}

/// What `on_failure` may be.
#[derive(Clone, Copy)]
pub(super) enum OnFailure {
    Retry,
    Backoff,
    Remove,
}

impl OnFailure {
    pub(super) const NAMES: [&str; 3] = ["retry", "backoff", "remove"];

    pub(super) fn named(name: &Ident) -> Option<Self> {
        match name.unraw().to_string().as_str() {
            "retry" => Some(Self::Retry),
            "backoff" => Some(Self::Backoff),
            "remove" => Some(Self::Remove),
            _ => None,
        }
    }

    /// The variant of the facade's enum.
    pub(super) const fn variant(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Backoff => "Backoff",
            Self::Remove => "Remove",
        }
    }
}

impl<'f> Model<'f> {
    /// Options with mistakes, which `check` has told, are left out.
    pub(super) fn new(function: &'f Function, arguments: Arguments) -> Self {
        let mut model = Self {
            facade: Facade::default(),
            function: &function.signature.ident,
            output: &function.signature.output,
            is_async: function.signature.asyncness.is_some(),
            name: None,
            durations: Vec::new(),
            on_failure: None,
        };
        for option in arguments.options {
            match option.value {
                OptionValue::Every(time) => model.durations.push(("with_every", time)),
                OptionValue::InitialDelay(time) => {
                    model.durations.push(("with_initial_delay", time));
                }
                OptionValue::Timeout(time) => model.durations.push(("with_timeout", time)),
                OptionValue::OnFailure(name) => model.on_failure = OnFailure::named(&name),
                OptionValue::Name(name) => model.name = Some(name),
                OptionValue::Crate(facade) => model.facade = facade,
            }
        }
        model
    }
}
