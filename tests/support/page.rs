//! The app's page, wherever it is shown: in the window or in a browser. What one can see and do
//! there, in the page's own words.
//!
//! It goes by the marks that the page carries for this (`data-...`), never by its layout.

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};
use serde_json::Value;

use super::wait::{ensure, wait_for};

/// Asks the page's own layout. WebDriver's question whether an element is displayed is answered by
/// a script that does not understand container queries: in the webview it takes what stands in one
/// for hidden, and its text for empty. What is drawn, as SVG, has no text that is laid out.
const SEEN: &str = "
    const found = document.querySelector(arguments[0]);
    if (!found) return false;
    const rendered = found.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const sized = [...found.getClientRects()].some(({ width, height }) => width > 0 && height > 0);
    return rendered && sized ? found.innerText ?? found.textContent : null;";

/// A page under WebDriver.
#[derive(Debug)]
pub(crate) struct Page {
    client: Client,
}

impl Page {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) async fn close(self) {
        self.client
            .close()
            .await
            .expect("the session can be closed");
    }

    /// Loads an address.
    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.expect("the page can be loaded");
    }

    /// The picture of the page, as PNG.
    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        self.client
            .screenshot()
            .await
            .expect("the page can be drawn")
    }

    /// What a function body evaluates to in the page.
    pub(crate) async fn js(&self, script: &str) -> Result<Value, String> {
        self.client.execute(script, Vec::new()).await.map_err(short)
    }

    /// What a function body hands to its last argument, which is a function.
    pub(crate) async fn js_async(&self, script: &str) -> Result<Value, String> {
        self.client
            .execute_async(script, Vec::new())
            .await
            .map_err(short)
    }

    /// Waits until what the page shows now has been drawn.
    pub(crate) async fn until_drawn(&self) {
        let frames = "const drawn = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => drawn()));";
        self.js_async(frames).await.expect("the page draws frames");
    }

    /// What is in a field.
    pub(crate) async fn value(&self, selector: &str) -> Result<String, String> {
        let value = self
            .find(selector)
            .await?
            .prop("value")
            .await
            .map_err(short)?;
        value.ok_or_else(|| format!("{selector} without a value"))
    }

    /// Clicks, with the mouse, what a selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        wait_for(&format!("a click on {selector}"), async || {
            let element = self.find(selector).await?;
            element.click().await.map_err(short)
        })
        .await;
    }

    /// Types into a field, in place of what is in it.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await.expect("the field is there");
        element.clear().await.expect("the field can be emptied");
        // WebKit's driver takes no text for a fault.
        if !text.is_empty() {
            element.send_keys(text).await.expect("the field takes keys");
        }
    }

    /// The text that a person sees in what a selector finds: nothing, while it is hidden, and
    /// nothing in what has no box of its own (`display: contents`).
    pub(crate) async fn text(&self, selector: &str) -> Result<String, String> {
        match self.seen(selector).await? {
            Value::String(text) => Ok(text),
            _ => Ok(String::new()),
        }
    }

    /// An attribute of what a selector finds.
    pub(crate) async fn attribute(&self, selector: &str, name: &str) -> Result<String, String> {
        let element = self.find(selector).await?;
        let value = element.attr(name).await.map_err(short)?;
        value.ok_or_else(|| format!("{selector} without {name}"))
    }

    /// Waits until a selector finds something that can be seen.
    pub(crate) async fn until_present(&self, selector: &str) {
        wait_for(selector, async || {
            ensure(self.seen(selector).await?.is_string(), "it is hidden")
        })
        .await;
    }

    /// Whether a selector finds something that can be seen.
    pub(crate) async fn shows(&self, selector: &str) -> bool {
        self.seen(selector).await.is_ok_and(|text| text.is_string())
    }

    /// Waits until the text of what a selector finds contains this.
    pub(crate) async fn until_text(&self, selector: &str, wanted: &str) {
        wait_for(&format!("{wanted:?} in {selector}"), async || {
            let text = self.text(selector).await?;
            ensure(text.contains(wanted), text)
        })
        .await;
    }

    /// Waits until an attribute of what a selector finds is this.
    pub(crate) async fn until_attribute(&self, selector: &str, name: &str, wanted: &str) {
        wait_for(&format!("{name}={wanted:?} on {selector}"), async || {
            let value = self.attribute(selector, name).await?;
            ensure(value == wanted, value)
        })
        .await;
    }

    /// Waits until the status bar says this phase.
    pub(crate) async fn until_phase(&self, phase: &str) {
        self.until_attribute("status-bar", "data-phase", phase)
            .await;
    }

    /// Whether it is in the app's window, and no browser.
    pub(crate) async fn is_window(&self) -> bool {
        let host = "return document.documentElement.dataset.host === 'window';";
        self.js(host).await == Ok(Value::Bool(true))
    }

    /// Presses a button of the status bar.
    pub(crate) async fn press(&self, act: &str) {
        self.click(&format!("status-bar button[data-act=\"{act}\"]"))
            .await;
    }

    /// Goes to one of the window's places: `streams` or `connections`. Its code may come a moment
    /// later, when the page was opened just now.
    pub(crate) async fn visit(&self, place: &str) {
        self.click(&format!("[data-place=\"{place}\"]")).await;
        self.until_present(&format!("#place-{place}:not([aria-busy])"))
            .await;
    }

    /// Chooses a stream or a topic in the list.
    pub(crate) async fn choose(&self, path: &str) {
        self.click(&format!("source-list [data-path=\"{path}\"]"))
            .await;
    }

    /// Shows a tab of the inspector: `event`, `bytes`, `clients` or `definition`.
    pub(crate) async fn inspect(&self, tab: &str) {
        self.click(&format!("stream-inspector [data-tab=\"{tab}\"]"))
            .await;
    }

    /// Opens the panel of a topic by typing its name.
    pub(crate) async fn open_topic(&self, name: &str) {
        if !self.shows("source-list input[name=\"topic\"]").await {
            self.click("source-list button[data-act=\"new-topic\"]")
                .await;
        }
        self.fill("source-list input[name=\"topic\"]", name).await;
        self.click("source-list form button[type=\"submit\"]").await;
    }

    /// The panel of the stream or topic at this path.
    pub(crate) fn panel(&self, path: &'static str) -> Panel<'_> {
        Panel { page: self, path }
    }

    /// The rendered text of what a selector finds, or null while it cannot be seen.
    async fn seen(&self, selector: &str) -> Result<Value, String> {
        let seen = self
            .client
            .execute(SEEN, vec![selector.into()])
            .await
            .map_err(short)?;
        ensure(seen != false, format!("there is no {selector}"))?;
        Ok(seen)
    }

    async fn find(&self, selector: &str) -> Result<Element, String> {
        self.client
            .find(Locator::Css(selector))
            .await
            .map_err(short)
    }
}

/// The first line of an error: the rest is the browser's own stack.
fn short(error: CmdError) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The panel of one stream or topic.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel<'a> {
    page: &'a Page,
    path: &'static str,
}

impl Panel<'_> {
    /// Presses its Connect or Disconnect.
    pub(crate) async fn toggle(&self) {
        self.page
            .click(&self.selector(" button[data-act=\"toggle\"]"))
            .await;
    }

    /// Waits until it is in this state.
    pub(crate) async fn until_state(&self, state: &str) {
        self.page
            .until_attribute(&self.selector(""), "data-state", state)
            .await;
    }

    /// Waits until its words for the state contain these.
    pub(crate) async fn until_words(&self, words: &str) {
        self.page.until_text(&self.selector(" .state"), words).await;
    }

    /// What the events in view carry, oldest first. The panel's streams count, so this is numbers.
    pub(crate) async fn numbers(&self) -> Result<Vec<u64>, String> {
        let script = format!(
            "return [...document.querySelectorAll('{}')].map((row) => Number(row.querySelector('.data').textContent));",
            self.selector(" [data-row]")
        );
        let value = self.page.js(&script).await?;
        let numbers: Option<Vec<u64>> = value
            .as_array()
            .ok_or("no list of rows")?
            .iter()
            .map(|number| number.as_f64().map(|number| number as u64))
            .collect();
        numbers.ok_or_else(|| format!("rows that are no numbers: {value}"))
    }

    /// The data of the events in view, oldest first.
    pub(crate) async fn data(&self) -> Result<Vec<String>, String> {
        let script = format!(
            "return [...document.querySelectorAll('{}')].map((row) => row.querySelector('.data').textContent);",
            self.selector(" [data-row]")
        );
        let value = self.page.js(&script).await?;
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    /// Waits until exactly this has arrived, in this order.
    pub(crate) async fn until_data(&self, wanted: &[&str]) {
        wait_for(&format!("{wanted:?} in {}", self.path), async || {
            let data = self.data().await?;
            ensure(data == wanted, format!("{data:?}"))
        })
        .await;
    }

    /// Publishes to its topic through the box beneath it.
    pub(crate) async fn publish(&self, data: &str, event: &str) {
        self.page.fill(&self.in_box("textarea"), data).await;
        self.page.fill(&self.in_box("input"), event).await;
        self.page.click(&self.in_box("button")).await;
    }

    /// Waits until its box says this of what was published.
    pub(crate) async fn until_answer(&self, words: &str) {
        self.page.until_text(&self.in_box(".answer"), words).await;
    }

    /// How many events have arrived since it was cleared, by its own words.
    pub(crate) async fn total(&self) -> Result<u64, String> {
        let text = self.page.text(&self.selector(" .counts")).await?;
        // "312 events", or "newest 2,000 of 40,000 events"
        let number = text.split(' ').rev().nth(1).unwrap_or_default();
        number.replace(',', "").parse().map_err(|_| text)
    }

    /// Waits until a number is in view, and gives the last one.
    pub(crate) async fn until_number(&self, wanted: u64) -> u64 {
        wait_for(&format!("event {wanted} in {}", self.path), async || {
            let numbers = self.numbers().await?;
            match numbers.last() {
                Some(&last) if last >= wanted => Ok(last),
                _ => Err(format!("{numbers:?}")),
            }
        })
        .await
    }

    /// A part of the box beneath it.
    pub(crate) fn in_box(&self, part: &str) -> String {
        format!(
            "topic-panel:has(> [data-path=\"{}\"]) publish-box {part}",
            self.path
        )
    }

    /// A part of it.
    pub(crate) fn selector(&self, inside: &str) -> String {
        format!("stream-panel[data-path=\"{}\"]{inside}", self.path)
    }
}
