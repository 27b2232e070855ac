//! Connecting a bank.
//!
//! Owns a button for each connector with a consent page. Must not know the consent page.

use leptos::prelude::*;
use wire::api::ConnectorStatus;

use super::actions::go_to_bank;
use super::call_error::CallError;
use crate::runtime::spawn;

/// Renders nothing if no connector has one.
#[component]
pub(super) fn ConnectBank(connectors: StoredValue<Vec<ConnectorStatus>>) -> impl IntoView {
    let ways: Vec<_> = connectors.with_value(|connectors| {
        let way = |it: &ConnectorStatus| Some((it.name.clone(), it.connect_path.clone()?));
        connectors.iter().filter_map(way).collect()
    });
    let error = RwSignal::new(None::<String>);
    let is_busy = RwSignal::new(false);
    (!ways.is_empty()).then(|| {
        let button = |(name, path): (String, String)| {
            let path = StoredValue::new(path);
            let begin = move |_| {
                if is_busy.get_untracked() {
                    return;
                }
                is_busy.set(true);
                error.set(None);
                spawn(async move {
                    go_to_bank(path.get_value(), None, error).await;
                    is_busy.try_set(false);
                });
            };
            view! {
                <button class="button" type="button" aria-disabled=move || is_busy.get().then_some("true") on:click=begin>
                    <span>"Connect with " <bdi>{name}</bdi></span>
                </button>
            }
        };
        view! {
            <section class="connect" aria-labelledby="connect-title">
                <h2 id="connect-title" class="section-title">
                    "Connect a bank"
                </h2>
                <p class="section-hint">"You sign in at the bank, on its own page. We never see your password."</p>
                <div class="connect__ways needs-hydration needs-script">{ways.into_iter().map(button).collect_view()}</div>
                <CallError error />
            </section>
        }
    })
}
