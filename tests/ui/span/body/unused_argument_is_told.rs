#![deny(unused_variables)]

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
pub fn sync(user: u32) {} //~ user

#[telemetry::span(my_app.cart.checkout)]
pub async fn asynchronous(user: u32) {} //~ user

pub struct Shop;

impl Shop {
    #[telemetry::span(my_app.cart.checkout)]
    pub async fn method(&self, (a, b): (u32, u32)) -> u32 { //~ b)
        a
    }
}

fn main() {}
