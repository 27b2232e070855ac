//! The report at the end.
//!
//! Owns the table of figures and whether each reached its target. Must not compute a figure.

/// The figures so far.
#[derive(Default)]
pub(crate) struct Report(Vec<Line>);

struct Line {
    figure: String,
    measured: String,
    aim: String,
    reached: Option<bool>,
}

impl Report {
    /// Adds a figure that has a target.
    pub(crate) fn judge(&mut self, figure: impl Into<String>, measured: String, aim: &str, reached: bool) {
        self.0.push(Line { figure: figure.into(), measured, aim: aim.to_owned(), reached: Some(reached) });
    }

    /// Adds a figure that puts others into perspective.
    pub(crate) fn note(&mut self, figure: impl Into<String>, measured: String) {
        self.0.push(Line { figure: figure.into(), measured, aim: String::new(), reached: None });
    }

    /// Prints the table as Markdown.
    pub(crate) fn print(&self) {
        if self.0.is_empty() {
            return;
        }
        println!("\n| figure | measured | aim | reached |\n| --- | --- | --- | --- |");
        for Line { figure, measured, aim, reached } in &self.0 {
            let reached = reached.map_or("", |reached| if reached { "yes" } else { "**no**" });
            println!("| {figure} | {measured} | {aim} | {reached} |");
        }
    }
}
