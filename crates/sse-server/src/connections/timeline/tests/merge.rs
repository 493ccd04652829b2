//! What a page makes of the answers, one after the other.

use std::collections::BTreeMap;

use super::*;

/// What a page has.
#[derive(Default)]
struct Page {
    cursor: u64,
    lanes: BTreeMap<u64, LaneView>,
}

impl Page {
    fn takes(&mut self, view: TimelineView) {
        if view.whole {
            self.lanes.clear();
        }
        for gone in &view.gone {
            self.lanes.remove(gone);
        }
        for new in view.lanes {
            let known = self.lanes.remove(&new.id);
            let (mut bars, mut knocks) = known.map_or_else(Default::default, |known| {
                let bars = known.bars.into_iter().map(|bar| (bar.connection, bar));
                let knocks = known.knocks.into_iter().map(|it| (it.connection, it));
                (
                    bars.collect::<BTreeMap<_, _>>(),
                    knocks.collect::<BTreeMap<_, _>>(),
                )
            });
            knocks.extend(new.knocks.iter().map(|knock| (knock.connection, *knock)));
            for bar in new.bars.iter().cloned() {
                let known = bars.remove(&bar.connection);
                let (steps, ticks) = known.map(|bar| (bar.steps, bar.ticks)).unwrap_or_default();
                let steps = [steps, bar.steps].concat();
                let ticks = [ticks, bar.ticks].concat();
                bars.insert(
                    bar.connection,
                    BarView {
                        steps,
                        ticks,
                        ..bar
                    },
                );
            }
            let (bars, knocks) = (bars.into_values().collect(), knocks.into_values().collect());
            self.lanes.insert(
                new.id,
                LaneView {
                    bars,
                    knocks,
                    ..new
                },
            );
        }
        self.cursor = view.cursor;
    }
}

/// Made-up chance.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// Whatever happens, and whenever it asks: a page that asks often ends up with the same timeline as
/// a page that asks once.
#[test]
fn many_small_answers_are_one_large_one() {
    for seed in 1..=40 {
        let stage = Stage::new();
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let mut open: Vec<Open> = Vec::new();
        let mut pages = [Page::default(), Page::default()];
        let mut ms = 0;
        pages[0].takes(stage.all(0));
        for _ in 0..150 {
            let next = ms + dice.throw(150);
            for step in ms / 100 + 1..=next / 100 {
                assert!(stage.sample(100 * step), "somebody looks");
            }
            ms = next;
            let tag = [Some("a"), Some("b"), None][dice.throw(3) as usize];
            let brought = [None, Some(1 + dice.throw(9))][dice.throw(2) as usize];
            match dice.throw(10) {
                0 | 1 => open.push(stage.comes(ms, tag, brought)),
                2 if !open.is_empty() => {
                    let one = open.remove(dice.throw(open.len() as u64) as usize);
                    let ends = [Why::Closed, Why::Stopped, Why::Reset, Why::Complete];
                    stage.goes(ms, &one, ends[dice.throw(4) as usize]);
                }
                3 => stage.refused(ms, tag, brought),
                4 => stage.has_all(ms, tag, brought),
                5 => stage.table.stopped_at(stage.now(ms)),
                6 => stage.table.serve_at(Some(stage.now(ms))),
                _ => {
                    for one in &open {
                        match dice.throw(4) {
                            0 => one.commented(),
                            _ => sends(one, 1 + dice.throw(5)),
                        }
                    }
                }
            }
            if dice.throw(3) == 0 {
                let page = &mut pages[dice.throw(2) as usize];
                page.takes(stage.look(ms, page.cursor));
            }
        }
        let mut once = Page::default();
        for page in &mut pages {
            page.takes(stage.look(ms, page.cursor));
        }
        once.takes(stage.all(ms));
        for page in pages {
            assert_eq!(page.lanes, once.lanes, "seed {seed}");
        }
    }
}
