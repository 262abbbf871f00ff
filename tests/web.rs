//! The shell in a real browser: what JavaScript may do to it, and what it leaves behind.
//!
//! Nothing waits here: fakes answer at once or never, and time is the native tests' matter.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "tests")]

use core::cell::Cell;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Promise, Reflect};
use powerbi_token_keeper::web;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const CANARY: &str = "CANARY";

/// Runs JavaScript with arguments `a`, `b`.
fn js(body: &str, a: &JsValue, b: &JsValue) -> JsValue {
    Function::new_with_args("a, b", body)
        .call2(&JsValue::UNDEFINED, a, b)
        .unwrap()
}

fn run(body: &str) -> JsValue {
    js(body, &JsValue::UNDEFINED, &JsValue::UNDEFINED)
}

fn get(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, key| {
        Reflect::get(&value, &key.into()).unwrap()
    })
}

fn text(value: &JsValue, path: &str) -> String {
    get(value, path).as_string().unwrap_or_default()
}

/// An embed token of an hour, each with another text. Holds the canary.
fn token() -> String {
    let token = run(
        "globalThis.serial = (globalThis.serial ?? 1) + 1;
         const exp = Math.floor(Date.now() / 1000) + 3600 + globalThis.serial;
         return `H4sICANARY${globalThis.serial}aaaa.` + btoa(JSON.stringify({ clusterUrl: 'https://x', exp }));",
    );
    token.as_string().unwrap()
}

/// What `powerbi.embed()` hands out, as far as the shell looks; `set` is the body of `setAccessToken(token)`.
fn embed(set: &str) -> JsValue {
    let set = Function::new_with_args("token", set);
    js(
        "const element = document.createElement('div');
         const service = { accessToken: 'before' };
         const config = { type: 'report', id: 'r', groupId: 'g', tokenType: 1, accessToken: '' };
         const embed = { element, service, config, calls: [], setAccessToken: a, reloads: 0,
           reload() { this.reloads++; return Promise.resolve(); } };
         return (element.powerBiEmbed = embed);",
        &set,
        &JsValue::UNDEFINED,
    )
}

/// As powerbi-client does on a good answer.
const TAKES: &str =
    "this.calls.push(token); this.config.accessToken = token; this.service.accessToken = token;
    this.element.setAttribute('powerbi-access-token', token); return Promise.resolve({});";

/// Starts the instance, once for all tests of this page.
fn start() {
    thread_local! {
        static STARTED: Cell<bool> = const { Cell::new(false) };
    }
    if !STARTED.replace(true) {
        web::init(
            run("return (work) => setTimeout(work)").unchecked_into(),
            run("return { window, document, listen(target, name, callback) {
                   target.addEventListener(name, callback);
                   return () => target.removeEventListener(name, callback);
                 }, async settle(value, callback) {
                   let settled;
                   try { settled = [true, await value]; } catch (error) { settled = [false, error]; }
                   callback(settled);
                 } }"),
        );
    }
}

struct Page {
    /// Its keeper's number.
    keeper: u32,
    events: Array,
}

impl Page {
    /// A keeper whose options are the JavaScript expression `options`; `a` in it is `given`.
    fn new(options: &str, given: &JsValue) -> Self {
        let events = Array::new();
        start();
        let options = js(&format!("return {options};"), given, &JsValue::UNDEFINED);
        let facade = js(
            "const note = (type) => (detail) => void a.push({ type, detail });
             return {
               refreshed: note('refreshed'), refreshFailed: note('refreshfailed'), applyFailed: note('applyfailed'),
               expired: note('expired'), recovered: note('recovered'), stateChanged: note('statechange'),
               embedError() {}, resolveWaiter: (_, value) => a.done([null, value]), rejectWaiter: (_, code) => a.done([code]),
               isIntact: async () => true, startRequest: () => [new AbortController(), b.embeds?.() ?? []], observeEmbeds() {},
             };",
            &events,
            &options,
        );
        Self {
            keeper: web::create_keeper(options, facade.unchecked_into()),
            events,
        }
    }

    fn attach(&self, id: u32, embed: &JsValue) {
        let element = get(embed, "element").unchecked_into();
        web::attach(self.keeper, id, element, embed.clone());
    }

    /// What `refresh()` settles to: `[code, expiresAt]`.
    async fn refresh(&self) -> Array {
        let answer = Promise::new(&mut |resolve, _| {
            js("a.done = b;", &self.events, &resolve);
            web::refresh(self.keeper, 0);
        });
        answer.await.unwrap().unchecked_into()
    }

    async fn refresh_code(&self) -> Option<String> {
        self.refresh().await.get(0).as_string()
    }

    fn types(&self) -> Vec<String> {
        self.events.iter().map(|event| text(&event, "type")).collect()
    }

    fn last(&self, wanted: &str) -> JsValue {
        self.events
            .iter()
            .rfind(|event| text(event, "type") == wanted)
            .unwrap_or_default()
    }

    fn stop(self) -> Vec<String> {
        web::stop(self.keeper);
        let printed = String::from(js_sys::JSON::stringify(&self.events).unwrap_or_default());
        assert!(!printed.contains(CANARY), "I6: no token in an event");
        self.types()
    }
}

/// Lets promises settle that are settled already: a task of the browser's begins when no promise has anything to do.
async fn soon() {
    TimeoutFuture::new(0).await;
}

#[wasm_bindgen_test]
async fn a_token_goes_from_the_source_to_the_embed_and_leaves_no_copy() {
    let (embed, fresh) = (embed(TAKES), token());
    let page = Page::new(
        "{ source: (request) => (globalThis.asked = request, Promise.resolve({ token: a })),
           embeds: () => [{ type: 'report', id: 'r', groupId: 'g' }] }",
        &fresh.as_str().into(),
    );
    page.attach(0, &embed);
    soon().await;
    assert_eq!(text(&embed, "config.accessToken"), fresh);
    assert_eq!(
        run("return globalThis.asked.reason + globalThis.asked.attempt")
            .as_string()
            .unwrap(),
        "initial1"
    );
    assert_eq!(
        run("return JSON.stringify(globalThis.asked.embeds)")
            .as_string()
            .unwrap(),
        r#"[{"type":"report","id":"r","groupId":"g"}]"#
    );
    assert_eq!(
        text(&embed, "service.accessToken"),
        "before",
        "the shared token is as it was"
    );
    assert!(
        js(
            "return a.element.hasAttribute('powerbi-access-token')",
            &embed,
            &JsValue::UNDEFINED
        )
        .is_falsy()
    );
    let detail = get(&page.last("refreshed"), "detail");
    assert_eq!(
        (get(&detail, "embeds").as_f64(), get(&detail, "attempt").as_f64()),
        (Some(1.0), Some(1.0))
    );
    page.stop();
}

#[wasm_bindgen_test]
async fn a_status_is_a_plain_object_with_null_for_what_is_not_there() {
    let page = Page::new("{ source: () => new Promise(() => {}) }", &JsValue::UNDEFINED);
    let status = web::status(page.keeper).unwrap();
    assert_eq!(text(&status, "state"), "idle");
    for key in [
        "tokenType",
        "expiresAt",
        "remainingMs",
        "nextCheckAt",
        "lastRefreshAt",
        "lastErrorCode",
    ] {
        assert!(get(&status, key).is_null(), "{key}");
    }
    for key in ["attempt", "embeds", "clockSkewMs", "requests"] {
        assert_eq!(get(&status, key).as_f64(), Some(0.0), "{key}");
    }
    page.stop();
}

#[wasm_bindgen_test]
async fn whatever_a_source_throws_or_answers_is_a_code() {
    for (source, code) in [
        ("() => { throw new Error('CANARY') }", "ERR_SOURCE_THREW"),
        ("() => { throw undefined }", "ERR_SOURCE_THREW"),
        ("() => Promise.reject()", "ERR_SOURCE_THREW"),
        ("() => ({ then() { throw 1 } })", "ERR_SOURCE_THREW"),
        ("() => ({ then(_, no) { no('CANARY') } })", "ERR_SOURCE_THREW"),
        ("() => undefined", "ERR_SOURCE_ANSWER"),
        ("() => null", "ERR_SOURCE_ANSWER"),
        ("() => 7n", "ERR_SOURCE_ANSWER"),
        ("() => Symbol('CANARY')", "ERR_SOURCE_ANSWER"),
        ("() => document.body", "ERR_SOURCE_ANSWER"),
        ("() => [[[[[[[[[['x']]]]]]]]]]", "ERR_SOURCE_ANSWER"),
        (
            "() => ({ get token() { throw new Error('CANARY') } })",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "() => new Proxy({}, { ownKeys() { throw 1 }, get(_, key) { if (key !== 'then') throw 1 } })",
            "ERR_SOURCE_ANSWER",
        ),
        ("() => { const o = {}; o.o = o; return o }", "ERR_SOURCE_ANSWER"),
        ("() => ({ token: 'undefined' })", "ERR_TOKEN_UNUSABLE"),
        (
            "() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return { a: proxy } }",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return { a: [proxy] } }",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy }",
            "ERR_SOURCE_THREW",
        ),
        (
            "() => ({ a: new Proxy([1, 2], { get() { throw new Error('CANARY') } }) })",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "() => ({ a: Object.create(Date.prototype) })",
            "ERR_SOURCE_ANSWER",
        ),
        ("() => ({ a: new Date(NaN), b: new Date() })", "ERR_SOURCE_ANSWER"),
        (
            "() => Object.defineProperty(Promise.resolve({}), 'constructor', { get() { throw new Error('CANARY') } })",
            "ERR_SOURCE_THREW",
        ),
        (
            "() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy }",
            "ERR_SOURCE_THREW",
        ),
        (
            "() => { const e = new Error('CANARY'); e.cause = e; e.response = new Proxy({}, { get() { throw e } }); throw e }",
            "ERR_SOURCE_THREW",
        ),
    ] {
        let page = Page::new(&format!("{{ source: {source} }}"), &JsValue::UNDEFINED);
        assert_eq!(page.refresh_code().await.as_deref(), Some(code), "{source}");
        assert_eq!(
            page.stop(),
            ["statechange", "refreshfailed", "statechange", "statechange"],
            "{source}"
        );
    }
}

#[wasm_bindgen_test]
async fn whatever_an_embed_does_is_a_code_and_the_next_is_not_delayed() {
    for set in [
        "throw new Error('CANARY')",
        "return Promise.reject()",
        "return Promise.reject({ message: 'NotSupported' })",
        "return undefined",
        "return { then() { throw 1 } }",
        "this.config = null; return Promise.resolve()",
    ] {
        let (bad, good, fresh) = (embed(set), embed(TAKES), token());
        let page = Page::new("{ source: () => a }", &fresh.as_str().into());
        page.attach(0, &bad);
        page.attach(1, &good);
        soon().await;
        assert_eq!(text(&good, "config.accessToken"), fresh, "{set}");
        let failed = get(&page.last("applyfailed"), "detail");
        assert_eq!(text(&failed, "code"), "ERR_APPLY_REJECTED", "{set}");
        assert_eq!(get(&failed, "element"), get(&bad, "element"), "{set}");
        js("a.length = 0", &page.events, &JsValue::UNDEFINED);
        page.stop();
    }
}

#[wasm_bindgen_test]
async fn a_listener_may_call_back_into_the_keeper_and_stop_it() {
    let (embed, fresh) = (embed(TAKES), token());
    let calls = Object::new();
    let options = js(
        "return { source: () => a }",
        &fresh.as_str().into(),
        &JsValue::UNDEFINED,
    );
    let facade = js(
        "const told = (name) => { a.seen = (a.seen ?? '') + name + ' '; a.then?.(name); throw new Error('from a listener'); };
         return new Proxy({}, { get: (_, name) => name === 'startRequest' ? () => [new AbortController(), []] : () => told(name) });",
        &calls,
        &JsValue::UNDEFINED,
    );
    let keeper = web::create_keeper(options, facade.unchecked_into());
    let page = Page {
        keeper,
        events: Array::new(),
    };
    let again = Closure::<dyn Fn(JsValue)>::new({
        let other = Page::new("{ source: () => new Promise(() => {}) }", &JsValue::UNDEFINED);
        move |_| {
            web::refresh(other.keeper, 0);
            let _status = web::status(other.keeper);
            web::stop(other.keeper);
        }
    });
    Reflect::set(&calls, &"then".into(), again.as_ref()).unwrap();
    page.attach(0, &embed);
    soon().await;
    assert_eq!(text(&embed, "config.accessToken"), fresh);
    assert!(text(&calls, "seen").contains("refreshed"));
    page.stop();
}

#[wasm_bindgen_test]
async fn stop_leaves_no_listener_and_no_timer() {
    let counts = run(
        "const counts = { listeners: 0, timers: new Set(), undo: [] };
         for (const target of [window, document, Element.prototype]) {
           const { addEventListener, removeEventListener } = target;
           target.addEventListener = function (...all) { counts.listeners++; return addEventListener.apply(this, all); };
           target.removeEventListener = function (...all) { counts.listeners--; return removeEventListener.apply(this, all); };
           counts.undo.push(() => Object.assign(target, { addEventListener, removeEventListener }));
         }
         const { setInterval, clearInterval } = globalThis;
         globalThis.setInterval = (f, ms, ...all) => { const id = setInterval(f, ms, ...all); counts.timers.add(id); return id; };
         globalThis.clearInterval = (id) => { counts.timers.delete(id); clearInterval(id); };
         counts.undo.push(() => Object.assign(globalThis, { setInterval, clearInterval }));
         return counts;",
    );
    let (embed, fresh) = (embed(TAKES), token());
    let pages: Vec<_> = (0..3)
        .map(|_| Page::new("{ source: () => a }", &fresh.as_str().into()))
        .collect();
    for page in &pages {
        page.attach(0, &embed);
    }
    soon().await;
    assert_eq!(
        get(&counts, "timers.size").as_f64(),
        Some(1.0),
        "one timer for the page"
    );
    assert_eq!(
        get(&counts, "listeners").as_f64(),
        Some(5.0 + 3.0),
        "five for the page, one an embed"
    );
    for page in pages {
        page.stop();
    }
    assert_eq!(get(&counts, "timers.size").as_f64(), Some(0.0));
    assert_eq!(get(&counts, "listeners").as_f64(), Some(0.0));
    js("a.undo.forEach((undo) => undo())", &counts, &JsValue::UNDEFINED);
}

#[wasm_bindgen_test]
async fn a_response_is_read_as_an_endpoints() {
    for (source, code) in [
        ("() => new Response(JSON.stringify({ token: a }))", None),
        ("() => Promise.resolve(new Response(a))", None),
        (
            "() => ({ ok: true, status: 200, headers: { get() {} }, text: async () => a })",
            None,
        ),
        (
            "() => new Response('', { status: 401 })",
            Some("ERR_SOURCE_DENIED"),
        ),
        (
            "() => { throw new Response('', { status: 403 }) }",
            Some("ERR_SOURCE_DENIED"),
        ),
        (
            "() => new Response('', { status: 429 })",
            Some("ERR_SOURCE_THROTTLED"),
        ),
        (
            "() => new Response('', { status: 404 })",
            Some("ERR_SOURCE_STATUS"),
        ),
        (
            "() => new Response(null, { status: 204 })",
            Some("ERR_SOURCE_ANSWER"),
        ),
        (
            "() => new Response(' '.repeat(1024 * 1024 + 1))",
            Some("ERR_SOURCE_ANSWER"),
        ),
        (
            "() => new Response(new Uint8Array([0xff, 0xfe, 0x41]))",
            Some("ERR_SOURCE_ANSWER"),
        ),
        ("() => Response.error()", Some("ERR_SOURCE_NETWORK")),
        (
            "() => Object.defineProperty(new Response(a), 'redirected', { value: true })",
            Some("ERR_SOURCE_NETWORK"),
        ),
        (
            "() => { const r = new Response(a); r.body.getReader(); return r }",
            Some("ERR_SOURCE_ANSWER"),
        ),
        (
            "() => ({ ok: true, status: 200, headers: { get() {} }, text: async () => { throw new Error('CANARY') } })",
            Some("ERR_SOURCE_ANSWER"),
        ),
        (
            "() => new Response(new ReadableStream({ pull(c) { c.error(new Error('CANARY')) } }))",
            Some("ERR_SOURCE_NETWORK"),
        ),
    ] {
        let page = Page::new(&format!("{{ source: {source} }}"), &token().as_str().into());
        assert_eq!(page.refresh_code().await.as_deref(), code, "{source}");
        page.stop();
    }
}

#[wasm_bindgen_test]
async fn a_rejection_may_carry_a_status() {
    for (error, code, status) in [
        ("{ status: 401 }", "ERR_SOURCE_DENIED", Some(401.0)),
        ("{ statusCode: 403 }", "ERR_SOURCE_DENIED", Some(403.0)),
        (
            "{ response: { status: 429 } }",
            "ERR_SOURCE_THROTTLED",
            Some(429.0),
        ),
        (
            "{ response: { statusCode: 500 } }",
            "ERR_SOURCE_STATUS",
            Some(500.0),
        ),
        (
            "new Error('x', { cause: new Error('y', { cause: { response: { status: 404 } } }) })",
            "ERR_SOURCE_STATUS",
            Some(404.0),
        ),
        ("{ status: 200 }", "ERR_SOURCE_THREW", None),
        ("{ status: 'CANARY' }", "ERR_SOURCE_THREW", None),
        ("{ status: 0 }", "ERR_SOURCE_THREW", None),
        ("{ status: 1e9 }", "ERR_SOURCE_THREW", None),
        (
            "{ name: 'InteractionRequiredAuthError' }",
            "ERR_SOURCE_DENIED",
            Some(401.0),
        ),
        (
            "{ errorCode: 'login_required' }",
            "ERR_SOURCE_DENIED",
            Some(401.0),
        ),
        ("{ error: 'consent_required' }", "ERR_SOURCE_DENIED", Some(401.0)),
        (
            "new Error('x', { cause: { code: 'interaction_required' } })",
            "ERR_SOURCE_DENIED",
            Some(401.0),
        ),
        (
            "{ response: { status: 400, data: { error: 'invalid_grant' } } }",
            "ERR_SOURCE_DENIED",
            Some(401.0),
        ),
    ] {
        let page = Page::new(
            &format!("{{ source: () => Promise.reject({error}) }}"),
            &JsValue::UNDEFINED,
        );
        assert_eq!(page.refresh_code().await.as_deref(), Some(code), "{error}");
        let detail = get(&page.last("refreshfailed"), "detail");
        assert_eq!(get(&detail, "status").as_f64(), status, "{error}");
        page.stop();
    }
}

#[wasm_bindgen_test]
async fn retry_after_is_read_from_every_kind_of_headers() {
    for headers in [
        "{ headers: new Headers({ 'retry-after': '77' }) }",
        "{ headers: { 'retry-after': '77' } }",
        "{ headers: { 'Retry-After': '77' } }",
        "{ headers: new Map([['retry-after', '77']]) }",
        "{ getResponseHeader: (name) => (name === 'retry-after' ? '77' : null) }",
        "{ response: { headers: { 'retry-after': '77' } } }",
        "{ response: { status: 429, headers: { get: (name) => (name === 'retry-after' ? '77' : null) } } }",
    ] {
        let page = Page::new(
            &format!(
                "{{ source: () => Promise.reject(Object.assign(new Error(), {{ status: 429 }}, {headers})) }}"
            ),
            &JsValue::UNDEFINED,
        );
        let element = embed(TAKES);
        page.attach(0, &element);
        soon().await;
        let retry = get(&page.last("refreshfailed"), "detail.retryInMs").as_f64();
        assert!(
            retry.is_some_and(|ms| (77_000.0..90_000.0).contains(&ms)),
            "{headers}: {retry:?}"
        );
        page.stop();
    }
}

/// Answers every `fetch` with what `answer(url, init)` gives, until the value is dropped.
struct Backend(JsValue);

impl Backend {
    fn new(answer: &str) -> Self {
        let answer = Function::new_with_args("url, init", answer);
        Self(js(
            "const { fetch } = globalThis; globalThis.fetch = async (...all) => { a.init = all[1]; return a(...all); }; return () => { globalThis.fetch = fetch; };",
            &answer,
            &JsValue::UNDEFINED,
        ))
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _restored = self.0.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED);
    }
}

const ENDPOINT: &str =
    "{ source: { url: 'https://x.test/token', method: 'POST', credentials: 'same-origin', ...a } }";

#[wasm_bindgen_test]
async fn what_a_backend_answers_is_a_code() {
    for (answer, code) in [
        ("throw new TypeError('Failed to fetch')", "ERR_SOURCE_NETWORK"),
        ("return new Response('', { status: 401 })", "ERR_SOURCE_DENIED"),
        ("return new Response('', { status: 403 })", "ERR_SOURCE_DENIED"),
        (
            "return new Response('', { status: 429, headers: { 'retry-after': '7' } })",
            "ERR_SOURCE_THROTTLED",
        ),
        ("return new Response('', { status: 500 })", "ERR_SOURCE_STATUS"),
        ("return new Response(null, { status: 204 })", "ERR_SOURCE_ANSWER"),
        (
            "return new Response('<!doctype html><p>Sign in')",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "return new Response(new Uint8Array([0xff, 0xfe, 0x41]))",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "return new Response(' '.repeat(1024 * 1024 + 1))",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)) } }))",
            "ERR_SOURCE_ANSWER",
        ),
        (
            "return new Response(new ReadableStream({ pull(c) { c.error(new Error('cut off')) } }))",
            "ERR_SOURCE_NETWORK",
        ),
    ] {
        let backend = Backend::new(answer);
        let page = Page::new(ENDPOINT, &JsValue::UNDEFINED);
        assert_eq!(page.refresh_code().await.as_deref(), Some(code), "{answer}");
        page.stop();
        drop(backend);
    }
}

#[wasm_bindgen_test]
async fn the_request_is_as_the_endpoint_says() {
    let backend = Backend::new("globalThis.init = init; return new Response(globalThis.answer)");
    Reflect::set(
        &js_sys::global(),
        &"answer".into(),
        &format!("\u{feff}\"{}\"", token()).into(),
    )
    .unwrap();
    let page = Page::new(ENDPOINT, &JsValue::UNDEFINED);
    assert_eq!(
        page.refresh_code().await,
        None,
        "a token as JSON text, with a byte order mark"
    );
    let init = |path: &str| text(&get(&js_sys::global(), "init"), path);
    for (path, wanted) in [
        ("method", "POST"),
        ("cache", "no-store"),
        ("redirect", "error"),
        ("credentials", "same-origin"),
        ("body", r#"{"reason":"manual","embeds":[]}"#),
        ("headers.content-type", "application/json"),
        ("headers.accept", "application/json"),
    ] {
        assert_eq!(init(path), wanted, "{path}");
    }
    page.stop();

    let own = run(
        "return { credentials: 'include', headers: async () => ({ Accept: 'text/plain', 'X-Csrf': 'c' }), body: (r) => ({ why: r.reason }) }",
    );
    let page = Page::new(ENDPOINT, &own);
    page.refresh().await;
    assert_eq!(
        (
            init("credentials"),
            init("headers.accept"),
            init("headers.x-csrf")
        ),
        ("include".into(), "text/plain".into(), "c".into())
    );
    assert_eq!(init("body"), r#"{"why":"manual"}"#);
    page.stop();

    for own in [
        "{ headers: new Headers({ 'X-Own': 'c' }) }",
        "{ headers: [['X-Own', 'c']] }",
        "{ headers: Promise.resolve({ 'x-own': 'c' }) }",
        "{ headers: async () => new Headers({ 'x-own': 'c' }), body: async () => ({ why: 'async' }) }",
    ] {
        let page = Page::new(ENDPOINT, &run(&format!("return {own}")));
        page.refresh().await;
        assert_eq!(init("headers.x-own"), "c", "{own}");
        page.stop();
    }
    assert_eq!(init("body"), r#"{"why":"async"}"#);

    let needs_sign_in = "{ headers: async () => { throw { name: 'InteractionRequiredAuthError' } } }";
    let page = Page::new(ENDPOINT, &run(&format!("return {needs_sign_in}")));
    assert_eq!(page.refresh_code().await.as_deref(), Some("ERR_SOURCE_DENIED"));
    page.stop();

    for own in [
        "{ headers: () => { throw new Error('CANARY') } }",
        "{ body: () => { const o = {}; o.o = o; return o } }",
    ] {
        let page = Page::new(ENDPOINT, &run(&format!("return {own}")));
        assert_eq!(
            page.refresh_code().await.as_deref(),
            Some("ERR_SOURCE_THREW"),
            "{own}"
        );
        page.stop();
    }
    drop(backend);
}

#[wasm_bindgen_test]
async fn token_expired_from_the_container_is_heard_and_strange_events_are_not() {
    let (embed, first) = (embed(TAKES), token());
    let page = Page::new(
        "{ source: (request) => (globalThis.reasons.push(request.reason), a) }",
        &first.as_str().into(),
    );
    run("globalThis.reasons = []");
    page.attach(0, &embed);
    soon().await;
    let raise = |event: &str| {
        js(
            &format!("a.element.dispatchEvent({event})"),
            &embed,
            &JsValue::UNDEFINED,
        );
    };
    raise("new Event('error')");
    raise("new CustomEvent('error', { detail: null })");
    raise("new CustomEvent('error', { detail: { message: 'LoadReportFailed', errorCode: '403' } })");
    raise("new CustomEvent('error', { detail: { get message() { throw 1 } } })");
    soon().await;
    assert_eq!(
        run("return globalThis.reasons.join()").as_string().unwrap(),
        "initial"
    );
    raise("new CustomEvent('error', { detail: { message: 'TokenExpired', errorCode: '403' } })");
    soon().await;
    assert_eq!(
        run("return globalThis.reasons.join()").as_string().unwrap(),
        "initial,token-expired"
    );
    page.stop();
}
