//! Which file may name which: the directions of the house, as ARCHITECTURE.md draws them.
//!
//! Imports and paths are resolved through `use` to the file that defines what they name. A file and
//! what is in its own folder may name each other. Beside that there is no ring, and no arrow points
//! up. What only tests name does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};

/// The crates of this repository, each with those that it may name.
const CRATES: [(&str, &str, &[&str]); 10] = [
    ("sse_wire", "crates/sse-wire/src", &[]),
    ("sse_engine", "crates/sse-engine/src", &["sse_wire"]),
    ("sse_tls", "crates/sse-tls/src", &[]),
    (
        "sse_client",
        "crates/sse-client/src",
        &["sse_tls", "sse_wire"],
    ),
    (
        "sse_redis",
        "crates/sse-redis/src",
        &["sse_engine", "sse_tls", "sse_wire"],
    ),
    (
        "sse_server",
        "crates/sse-server/src",
        &["sse_engine", "sse_client", "sse_tls", "sse_wire"],
    ),
    (
        "sse_lab",
        "crates/sse-lab/src",
        &["sse_server", "sse_engine"],
    ),
    ("sse_bench", "crates/sse-bench/src", &["sse_wire"]),
    (
        "sse_cli",
        "crates/sse-cli/src",
        &[
            "sse_lab",
            "sse_server",
            "sse_redis",
            "sse_client",
            "sse_engine",
            "sse_tls",
            "sse_wire",
        ],
    ),
    (
        "sse_workbench",
        "src-tauri/src",
        &[
            "sse_lab",
            "sse_server",
            "sse_redis",
            "sse_client",
            "sse_engine",
            "sse_tls",
            "sse_wire",
        ],
    ),
];

/// The rooms of the server from the top down: each may name those behind it.
const SERVER: [&str; 23] = [
    "lifecycle",
    "http",
    "routes",
    "transport",
    "shared_topics",
    "guard",
    "tokens",
    "connections",
    "tap",
    "recordings",
    "upstream",
    "catalog",
    "armed",
    "recording_file",
    "events_file",
    "config",
    "mount",
    "status",
    "error",
    "drain",
    "measures",
    "clock",
    "fuzzing",
];

/// A module: the file that it is, what is declared in it, and what it brings in from elsewhere.
#[derive(Default)]
struct Module {
    /// Names that `use` binds, each with the path behind it, which begins with `crate`, `self`,
    /// `super` or a crate's name.
    uses: BTreeMap<String, Vec<String>>,
    /// Paths of `use ...::*`.
    globs: Vec<Vec<String>>,
    /// Paths that are written out in the code.
    paths: BTreeSet<Vec<String>>,
}

/// Modules by their path, the crate first.
type Modules = BTreeMap<Vec<String>, Module>;

fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        let condition = list.tokens.to_string();
        attribute.path().is_ident("cfg") && (condition == "test" || condition == "fuzzing")
    })
}

struct Reader<'a> {
    modules: &'a mut Modules,
    module: Vec<String>,
    folder: std::path::PathBuf,
}

impl Reader<'_> {
    fn here(&mut self) -> &mut Module {
        self.modules.entry(self.module.clone()).or_default()
    }

    fn bind(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.bind(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.bind(tree, before);
                }
            }
            syn::UseTree::Glob(_) => self.here().globs.push(before.to_vec()),
            syn::UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().cloned().unwrap_or_default();
                self.here().uses.insert(last, before.to_vec());
            }
            syn::UseTree::Name(name) => {
                let path = with(&name.ident);
                self.here().uses.insert(name.ident.to_string(), path);
            }
            syn::UseTree::Rename(rename) => {
                let path = match rename.ident == "self" {
                    true => before.to_vec(),
                    false => with(&rename.ident),
                };
                self.here().uses.insert(rename.rename.to_string(), path);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        if !is_of_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        if item.content.is_some() {
            // A module within a file is a part of that file.
            return visit::visit_item_mod(self, item);
        }
        let file = self.folder.join(format!("{name}.rs"));
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let module = [&self.module[..], std::slice::from_ref(&name)].concat();
        read(self.modules, module, &text, self.folder.join(name));
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.bind(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.here().paths.insert(names);
        visit::visit_path(self, path);
    }
}

fn read(modules: &mut Modules, module: Vec<String>, text: &str, folder: std::path::PathBuf) {
    let file = syn::parse_file(text).unwrap_or_else(|e| panic!("{module:?}: {e}"));
    modules.insert(module.clone(), Module::default());
    let mut reader = Reader {
        modules,
        module,
        folder,
    };
    reader.visit_file(&file);
}

fn modules() -> Modules {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut modules = Modules::new();
    for (name, folder, _) in CRATES {
        let folder = root.join(folder);
        // A crate that is a program and a library has two roots: the program's lies in the
        // library's folder.
        for file in ["lib.rs", "main.rs"] {
            if let Ok(text) = fs::read_to_string(folder.join(file)) {
                let root = match file == "main.rs" && folder.join("lib.rs").exists() {
                    true => vec![name.to_owned(), "main".to_owned()],
                    false => vec![name.to_owned()],
                };
                read(&mut modules, root, &text, folder.clone());
            }
        }
    }
    modules
}

/// The module that defines what `path` names when it stands in `module`; `None` where that is
/// nothing of this repository.
fn defined_in(
    modules: &Modules,
    module: &[String],
    path: &[String],
    depth: usize,
) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    if depth > 20 {
        return None;
    }
    let mut at = match first.as_str() {
        "crate" => module[..1].to_vec(),
        "self" => module.to_vec(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        name if CRATES.iter().any(|(known, ..)| *known == name) => vec![name.to_owned()],
        name => {
            let child = [module, &[name.to_owned()]].concat();
            if modules.contains_key(&child) {
                child
            } else {
                let bound = modules.get(module)?.uses.get(name)?;
                let bound = [bound, rest].concat();
                // A name that stands for itself comes from outside.
                return (bound != path).then(|| defined_in(modules, module, &bound, depth + 1))?;
            }
        }
    };
    for (i, name) in rest.iter().enumerate() {
        if name == "super" {
            at.pop();
            continue;
        }
        let child = [&at[..], std::slice::from_ref(name)].concat();
        if modules.contains_key(&child) {
            at = child;
            continue;
        }
        let here = modules.get(&at)?;
        if let Some(bound) = here.uses.get(name) {
            let bound = [&bound[..], &rest[i + 1..]].concat();
            return defined_in(modules, &at, &bound, depth + 1);
        }
        break;
    }
    Some(at)
}

/// Which file names which, those of its own folder left out.
fn arrows(modules: &Modules) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut arrows: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (name, module) in modules {
        let named = module
            .uses
            .values()
            .chain(&module.globs)
            .chain(&module.paths);
        for path in named {
            let Some(to) = defined_in(modules, name, path, 0) else {
                continue;
            };
            if !to.starts_with(name) && !name.starts_with(&to) {
                arrows.entry(name.clone()).or_default().insert(to);
            }
        }
    }
    arrows
}

fn spelled(module: &[String]) -> String {
    module.join("::")
}

#[test]
fn no_two_files_name_each_other_not_even_by_way_of_others() {
    let modules = modules();
    let arrows = arrows(&modules);
    let mut rings = BTreeSet::new();
    for from in arrows.keys() {
        // Everything that can be reached from here, with the way there.
        let mut ways = vec![vec![from.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            for to in way
                .last()
                .and_then(|last| arrows.get(last))
                .into_iter()
                .flatten()
            {
                if to == from {
                    let names: Vec<String> = way.iter().map(|name| spelled(name)).collect();
                    rings.insert(names.join(" -> "));
                } else if seen.insert(to.clone()) {
                    ways.push([&way[..], std::slice::from_ref(to)].concat());
                }
            }
        }
    }
    assert!(
        rings.is_empty(),
        "rings:\n{}",
        rings.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn no_arrow_points_up() {
    let modules = modules();
    let mut up = BTreeSet::new();
    for (from, named) in arrows(&modules) {
        let (_, _, may) = CRATES
            .iter()
            .find(|(name, ..)| *name == from[0])
            .expect("a crate");
        for to in named {
            let other = to[0] != from[0];
            let room = |module: &[String]| {
                SERVER
                    .iter()
                    .position(|name| module.get(1).is_some_and(|m| m == name))
            };
            let wrong = match other {
                true => !may.contains(&&*to[0]),
                false if from[0] != "sse_server" || from.len() < 2 => false,
                false => room(&from).expect("a room of the server") > room(&to).unwrap_or(0),
            };
            if wrong {
                up.insert(format!("{} names {}", spelled(&from), spelled(&to)));
            }
        }
    }
    assert!(
        up.is_empty(),
        "arrows up:\n{}",
        up.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn what_is_read_here_is_what_is_there() {
    let modules = modules();
    let named = |crate_name: &str| modules.keys().filter(|name| name[0] == crate_name).count();
    assert!(
        named("sse_server") > 30 && named("sse_engine") > 15,
        "so many files there are"
    );
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
    let from = module("sse_server::routes::topics");
    let path = module("sse_engine::topics::Subscription");
    let to = defined_in(&modules, &from, &path, 0);
    assert_eq!(
        to,
        Some(module("sse_engine::topics::subscription")),
        "through `pub use`"
    );
}
