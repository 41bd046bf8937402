//! A small shop: products, orders and payments over HTTP, on an embedded database.
//!
//! `shop` serves, `shop load` drives a running shop, `shop help` tells the rest. A request travels through [`app`] to
//! [`product`], [`order`] or [`payment`]; all SQL is in [`repository`], and the money moves in [`gateway`].

mod app;
mod command;
mod config;
mod customer;
mod error;
mod events;
mod gateway;
mod health;
mod latency;
mod load;
mod metrics;
mod order;
mod payment;
mod product;
mod repository;
mod request;
mod server;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use command::{Command, HELP};
use config::Config;
use telemetry_runtime::health::HealthOptions;
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{Telemetry, healthcheck};
use tokio::runtime::Runtime;

/// The exit code for arguments and variables that cannot be used.
const BAD_INPUT: u8 = 2;

/// How long telemetry may take to send what it still has.
const TELEMETRY_DEADLINE: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    // before anything else starts: a container is asked often, and must answer soon
    healthcheck::run_if_requested();
    let command = match Command::from_arguments(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => return failure(&format!("{error}\n\n{HELP}"), BAD_INPUT),
    };
    match command {
        Command::Help => {
            // a closed pipe (`shop help | head -1`) is no failure
            let _ = std::io::stdout().write_all(HELP.as_bytes());
            ExitCode::SUCCESS
        }
        Command::Serve => match Config::from_environment() {
            Ok(config) => finish(serve(&config)),
            Err(error) => failure(&error, BAD_INPUT),
        },
        Command::Load(load) => finish(drive(load)),
    }
}

fn serve(config: &Config) -> Result<(), Box<dyn Error>> {
    let executor = Runtime::new()?;
    let telemetry = Telemetry::builder()
        .service("shop", env!("CARGO_PKG_VERSION"))
        .tokio(executor.handle().clone())
        .reporter(Prometheus::new())
        .health(HealthOptions::new().starts_when_told())
        .start()?;
    let served = executor.block_on(server::serve(config, &telemetry));
    for cut in telemetry.shutdown(TELEMETRY_DEADLINE)?.cut() {
        eprintln!("shop: while telemetry stopped: {cut}");
    }
    Ok(served?)
}

fn drive(load: load::Load) -> Result<(), Box<dyn Error>> {
    Runtime::new()?.block_on(load.run())?;
    Ok(())
}

fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&error, if is_bad_input(&*error) { BAD_INPUT } else { 1 }),
    }
}

/// Whether variables that the telemetry reads cannot be used.
fn is_bad_input(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref().is_some_and(telemetry_runtime::Error::is_configuration)
}

fn failure(message: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("shop: {message}");
    ExitCode::from(code)
}
