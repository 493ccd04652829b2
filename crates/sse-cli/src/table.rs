//! A table for people: its columns are aligned, and none is cut.

/// The lines of a table. A column whose name begins with `>` is aligned right, as numbers are.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let names = head.iter().map(|name| name.trim_start_matches('>'));
    let names: Vec<String> = names.map(str::to_owned).collect();
    let lines = || std::iter::once(&names).chain(rows);
    let length = |text: &String| text.chars().count();
    let width = |at: usize| {
        let cells = lines().filter_map(|line| line.get(at));
        cells.map(length).max().unwrap_or(0)
    };
    let columns: Vec<(usize, bool)> = head
        .iter()
        .enumerate()
        .map(|(at, name)| (width(at), name.starts_with('>')))
        .collect();
    let mut text = String::new();
    for line in lines() {
        let cells = line.iter().zip(&columns);
        let cells: Vec<String> = cells
            .map(|(cell, (width, right))| match right {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            })
            .collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_have_to_be() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["7", "/é", ""]), row(["112", "/numbers", "said"])];
        assert_eq!(
            table(&[">id", "stream", "verdict"], &rows),
            " id  stream    verdict\n  7  /é\n112  /numbers  said\n"
        );
    }
}
