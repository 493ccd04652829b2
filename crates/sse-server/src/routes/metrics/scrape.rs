//! All metrics, read at once.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use sse_engine::topics::{GapReason, TopicInfo};

use super::process::Process;
use crate::config::MAX_METRICS_TOPICS;
use crate::connections::{ENDERS, EndedBy, Kind, Sums, Why};
use crate::measures::{CallResult, EngineCall, Histogram};
use crate::routes::context::Context;
use crate::shared_topics::{EngineState, EngineView, SharedTopics};

/// All that there is, as it is now.
#[derive(Debug)]
pub(super) struct Scrape {
    sums: Sums,
    refusals: Vec<(Why, u64)>,
    resumes: (u64, u64),
    gaps: [(GapReason, u64); GapReason::ALL.len()],
    topics: usize,
    /// Those that have metrics of their own.
    named: Vec<TopicInfo>,
    published: u64,
    publishes: Vec<(Option<u16>, u64)>,
    publishing: Times,
    passes: Times,
    draining: bool,
    /// The engine that keeps the topics, where one does.
    engine: Option<Engine>,
    process: Process,
}

/// The engine that keeps the topics, as it is now.
#[derive(Debug)]
struct Engine {
    view: EngineView,
    calls: Vec<(EngineCall, CallResult, u64)>,
    times: Vec<(EngineCall, Times)>,
}

impl Engine {
    fn of(topics: &SharedTopics) -> Self {
        let calls = topics.calls();
        let times = calls.times().map(|(call, times)| (call, times.into()));
        Self {
            view: topics.engine(),
            calls: calls.counts().collect(),
            times: times.collect(),
        }
    }
}

/// A histogram as it is now.
#[derive(Debug)]
struct Times {
    sum: f64,
    buckets: Vec<(f64, u64)>,
}

impl From<&Histogram> for Times {
    fn from(histogram: &Histogram) -> Self {
        Self {
            sum: histogram.sum(),
            buckets: histogram.buckets(),
        }
    }
}

impl Times {
    fn encode(&self, metric: &mut MetricEncoder<'_>) -> fmt::Result {
        let count = self.buckets.iter().map(|(_, count)| count).sum();
        metric.encode_histogram::<NoLabelSet>(self.sum, count, &self.buckets, None)
    }
}

impl Scrape {
    pub(super) fn of(context: &Context) -> Self {
        let rooms = &context.rooms;
        let default = rooms.default();
        let view = default.topics_view();
        let counts = default.topics.counts();
        let wanted = &context.operate.metrics_topics;
        let wanted = &wanted[..wanted.len().min(MAX_METRICS_TOPICS)];
        Self {
            sums: context.connections.sums(&rooms.tables()),
            refusals: context.connections.refusals(),
            resumes: counts.resumes(),
            gaps: GapReason::ALL.map(|why| (why, counts.gaps(why))),
            topics: view.len(),
            named: view
                .into_iter()
                .filter(|topic| wanted.contains(&topic.name))
                .collect(),
            published: context.measures.events(),
            publishes: context.measures.publishes().collect(),
            publishing: (&context.measures.publishing).into(),
            passes: (&*context.measures.passes).into(),
            draining: context.draining.is_on(),
            engine: default.engine.as_ref().map(Engine::of),
            process: Process::now(),
        }
    }

    fn connections(&self, page: &mut Page<'_>) -> fmt::Result {
        let Sums {
            open,
            opened,
            ended,
            events,
            bytes,
        } = &self.sums;
        let by_kind = |values: &[u64; Kind::ALL.len()]| {
            let of = |kind: Kind| ([("kind", kind.word())], values[kind as usize]);
            Kind::ALL.map(of)
        };
        let help = "Streams that are open, by what they are of.";
        page.gauges("sse_connections", help, by_kind(open))?;
        let help = "Streams that were opened.";
        page.counters("sse_connections_opened", help, by_kind(opened))?;
        let each = Kind::ALL.into_iter().flat_map(|kind| {
            let ended = &ended[kind as usize];
            ENDERS.into_iter().map(move |by| {
                let labels = [("kind", kind.word()), ("by", ender(by))];
                (labels, ended[by as usize])
            })
        });
        let help = "Streams that ended, by who ended them.";
        page.counters("sse_connections_ended", help, each)?;
        let refusals = self.refusals.iter();
        let refusals = refusals.map(|(why, count)| ([("why", why.words())], *count));
        let help = "Requests for a stream that were refused, for each reason that there was.";
        page.counters("sse_refused", help, refusals)?;
        let help = "Events that the kernel took for clients.";
        page.counters("sse_events_sent", help, by_kind(events))?;
        let help = "Bytes of streams that the kernel took for clients, heads included.";
        page.counter("sse_bytes_sent", help, *bytes)
    }

    fn topics(&self, page: &mut Page<'_>) -> fmt::Result {
        let (exact, gap) = self.resumes;
        let resumes = [([("outcome", "exact")], exact), ([("outcome", "gap")], gap)];
        let help = "Subscribers that came back with an id: told of a gap, or not.";
        page.counters("sse_resumes", help, resumes)?;
        let gaps = self.gaps.map(|(why, count)| ([("why", why.word())], count));
        let help = "Gaps that subscribers of topics were told of.";
        page.counters("sse_gaps", help, gaps)?;
        let help = "Topics of the default room.";
        page.gauge("sse_topics", help, self.topics as u64)?;
        let help = "Events that were published to this server.";
        page.counter("sse_published_events", help, self.published)?;
        let requests = self.publishes.iter().map(|(code, count)| {
            let code = code.map_or("other".to_owned(), |code| code.to_string());
            ([("code", code)], *count)
        });
        let help = "Requests that publish, by the status of their answer.";
        page.counters("sse_publish_requests", help, requests)?;
        let help = "How long it took to publish, behind the end of the request.";
        page.histogram("sse_publish_duration_seconds", help, &self.publishing)?;
        let help =
            "How long it took from an append until the last reader of its topic was visited.";
        page.histogram("sse_pass_duration_seconds", help, &self.passes)?;
        let named = |value: fn(&TopicInfo) -> u64| {
            let topics = self.named.iter();
            topics.map(move |topic| ([("topic", topic.name.as_str())], value(topic)))
        };
        if self.named.is_empty() {
            return Ok(());
        }
        let help = "Subscribers of a topic of --metrics-topics.";
        page.gauges(
            "sse_topic_subscribers",
            help,
            named(|it| it.subscribers as u64),
        )?;
        let help = "Events that were published to a topic of --metrics-topics.";
        page.counters("sse_topic_published_events", help, named(|it| it.published))?;
        let help = "Events that a topic of --metrics-topics keeps.";
        page.gauges("sse_topic_kept_events", help, named(|it| it.kept as u64))
    }

    fn engine(&self, page: &mut Page<'_>) -> fmt::Result {
        let Some(Engine { view, calls, times }) = &self.engine else {
            return Ok(());
        };
        let is_there = view.state == EngineState::There;
        let help = "Whether the engine that keeps the topics is there: 1, or 0.";
        page.gauge("sse_engine_up", help, u64::from(is_there))?;
        let help = "How often the engine was connected to again.";
        page.counter("sse_engine_reconnects", help, view.reconnects)?;
        let help = "Lives of topics that this node saw begin, each a gap for those who listened.";
        page.counter("sse_engine_lives", help, view.lives)?;
        let help = "Topics of the engine that this node follows.";
        page.gauge("sse_engine_followed_topics", help, view.followed as u64)?;
        let help = "Subscribers that wait for a place, since the engine has not said it yet.";
        page.gauge("sse_engine_waiting_subscribers", help, view.waiting as u64)?;
        let calls = calls.iter().map(|(call, result, count)| {
            let labels = [("call", call.word()), ("result", result.word())];
            (labels, *count)
        });
        let help = "Calls of the engine that are over, by what became of them.";
        page.counters("sse_engine_calls", help, calls)?;
        let times = times.iter();
        let times = times.map(|(call, times)| ([("call", call.word())], times));
        let help = "How long calls of the engine took, but for those that wait for events.";
        page.histograms("sse_engine_call_duration_seconds", help, times)
    }

    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        let process = &self.process;
        if let Some(cpu) = process.cpu {
            let help = "Seconds of CPU that this process took, of user and system.";
            page.counter("process_cpu_seconds", help, cpu)?;
        }
        let gauges = [
            (
                "process_resident_memory_bytes",
                "Bytes that this process has in memory.",
                process.resident,
            ),
            (
                "process_virtual_memory_bytes",
                "Bytes of address space that this process has.",
                process.virtual_memory,
            ),
            (
                "process_open_fds",
                "File descriptors that are open.",
                process.open_fds,
            ),
            (
                "process_max_fds",
                "File descriptors that may be open.",
                process.max_fds,
            ),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                page.gauge(name, help, value)?;
            }
        }
        match process.started {
            Some(started) => {
                let help = "When this process began, in seconds since 1970.";
                page.gauge("process_start_time_seconds", help, started)
            }
            None => Ok(()),
        }
    }
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let version = [([("version", env!("CARGO_PKG_VERSION"))], 1)];
        page.gauges("sse_build_info", "The version that runs.", version)?;
        self.connections(&mut page)?;
        self.topics(&mut page)?;
        let help = "Whether the server drains: 1, or 0.";
        page.gauge("sse_draining", help, u64::from(self.draining))?;
        self.engine(&mut page)?;
        self.process(&mut page)
    }
}

fn ender(by: EndedBy) -> &'static str {
    match by {
        EndedBy::Server => "server",
        EndedBy::Client => "client",
        EndedBy::Network => "network",
    }
}

/// Where metrics are written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn family(
        &mut self,
        name: &str,
        help: &str,
        of: MetricType,
        write: impl FnOnce(MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        write(self.0.encode_descriptor(name, help, None, of)?)
    }

    fn counter(&mut self, name: &str, help: &str, value: impl EncodeCounterValue) -> fmt::Result {
        self.family(name, help, MetricType::Counter, |mut metric| {
            metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
        })
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, |mut metric| {
            metric.encode_gauge(&value)
        })
    }

    fn counters<L: prometheus_client::encoding::EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        each: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, |mut metric| {
            each.into_iter().try_for_each(|(labels, value)| {
                let mut metric = metric.encode_family(&labels)?;
                metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
            })
        })
    }

    fn gauges<L: prometheus_client::encoding::EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        each: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, |mut metric| {
            each.into_iter()
                .try_for_each(|(labels, value)| metric.encode_family(&labels)?.encode_gauge(&value))
        })
    }

    fn histogram(&mut self, name: &str, help: &str, times: &Times) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, |mut metric| {
            times.encode(&mut metric)
        })
    }

    fn histograms<'a, L: prometheus_client::encoding::EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        each: impl IntoIterator<Item = (L, &'a Times)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, |mut metric| {
            each.into_iter()
                .try_for_each(|(labels, times)| times.encode(&mut metric.encode_family(&labels)?))
        })
    }
}
