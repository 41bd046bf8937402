//! Where something is pushed to, and who pushes: as the program says it, and as operators do.

use super::endpoint::{Credentials, Endpoint};
use crate::config::{Settings, Variable};

/// An address with the credentials for it.
#[derive(Debug, Clone, Default)]
pub(super) struct HttpTarget {
    pub(super) url: Option<String>,
    pub(super) credentials: Credentials,
}

/// What operators may say of one.
pub(super) struct TargetVariables {
    pub(super) url: &'static Variable<Option<String>>,
    pub(super) user: &'static Variable<Option<String>>,
    pub(super) password: &'static Variable<Option<String>>,
    pub(super) token: &'static Variable<Option<String>>,
}

impl HttpTarget {
    /// Takes what operators say in place of what the program has said.
    pub(super) fn configure(&mut self, settings: &mut Settings, variables: &TargetVariables) {
        self.url = settings.read(variables.url, self.url.take().map(Some));
        let given = std::mem::take(&mut self.credentials);
        self.credentials = Credentials {
            user: settings.read(variables.user, given.user.map(Some)),
            password: settings.read(variables.password, given.password.map(Some)),
            bearer_token: settings.read(variables.token, given.bearer_token.map(Some)),
        };
    }

    /// # Errors
    /// What is wrong, as one sentence about `name`; `variable` could say the address.
    pub(super) fn endpoint(&self, name: &str, variable: &str) -> Result<Endpoint, String> {
        let url = self
            .url
            .as_deref()
            .ok_or_else(|| format!("{name} has no address: say it in `.url(…)` or {variable}"))?;
        Endpoint::new(&format!("{name}'s address"), url, &self.credentials)
    }
}

/// The methods that say where a reporter pushes to, which has a field `target`.
macro_rules! targets {
    ($(#[$url:meta])+) => {
        $(#[$url])+
        #[must_use]
        pub fn url(mut self, url: impl Into<String>) -> Self {
            self.target.url = Some(url.into());
            self
        }

        /// The user and the password that it asks for.
        #[must_use]
        pub fn basic_auth(
            mut self,
            user: impl Into<String>,
            password: impl Into<String>,
        ) -> Self {
            self.target.credentials.user = Some(user.into());
            self.target.credentials.password = Some(password.into());
            self
        }

        /// The bearer token that it asks for.
        #[must_use]
        pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
            self.target.credentials.bearer_token = Some(token.into());
            self
        }
    };
}
pub(super) use targets;
