telemetry::events! {
    event my_app.self.placed; //~ self
    event my_app.type.placed;
}

fn main() {
    telemetry::execute!(my_app.type.placed);
}
