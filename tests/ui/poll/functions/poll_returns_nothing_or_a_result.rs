#[telemetry::poll(every = "10s")]
fn depth() -> usize { //~ usize
    7
}

#[telemetry::poll(every = "10s")]
async fn size() -> Result<u64, std::fmt::Error> { //~ Result
    Ok(7)
}

fn main() {}
