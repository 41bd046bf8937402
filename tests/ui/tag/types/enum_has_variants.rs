#[derive(telemetry::Tag)]
enum Gateway {} //~ Gateway

fn main() {}
