#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
async fn checkout(early: bool) -> Result<u32, ()> {
    if early {
        return Ok("seven"); //~ "seven"
    }
    let count: u32 = missing; //~ missing
    Ok(count)
}

fn main() {}
