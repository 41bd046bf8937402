#[derive(telemetry::Tag)]
struct Gateway { //~ struct
    name: String,
}

#[derive(telemetry::Tag)]
union Number { //~ union
    unsigned: u64,
    signed: i64,
}

fn main() {}
