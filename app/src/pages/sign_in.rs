//! The sign-in page: plain forms, which work without JavaScript.
//!
//! Owns the forms and the message about a failed attempt. Must not handle a password: the browser
//! posts it to the server.

use leptos::prelude::*;
use leptos_meta::Title;

use super::redirect;
use crate::components::wordmark::Wordmark;
use crate::context::{Person, use_page_context};

#[component]
pub(crate) fn SignInPage(error: Option<String>) -> impl IntoView {
    let page = use_page_context();
    if page.viewer.is_some() {
        redirect("/");
    }
    let is_demo = page.is_demo();
    let demo_users = page.demo_users;
    view! {
        <Title text="Sign in" />
        <main id="main" class="entrance">
            <div class="entrance__panel">
                <Wordmark />
                <h1 class="entrance__title">"Sign in"</h1>
                <p class="muted">"Your transactions, the moment they happen."</p>
                {is_demo.then(|| view! { <DemoSignIn people=demo_users /> })}
                <PasswordForm message=error.map(|code| message(&code)) is_second_choice=is_demo />
            </div>
        </main>
    }
}

/// What to say about the code that the server sends the browser back with.
fn message(code: &str) -> &'static str {
    match code {
        "INVALID_CREDENTIALS" => "That e-mail address and password don't match. Try again.",
        "RATE_LIMITED" => "Too many attempts. Wait a minute, then try again.",
        "UNAUTHORIZED" => "Your session has ended. Sign in again to go on.",
        _ => "Signing in didn't work. Try again in a moment.",
    }
}

#[component]
fn PasswordForm(message: Option<&'static str>, is_second_choice: bool) -> impl IntoView {
    let described_by = message.map(|_| "sign-in-error");
    let invalid = message.map(|_| "true");
    let submit_class = if is_second_choice { "button" } else { "button button--primary" };
    view! {
        <form class="form" method="post" action="/api/session" data-testid="sign-in-form">
            {message.map(|message| view! { <p id="sign-in-error" class="notice notice--error" role="alert">{message}</p> })}
            <label class="field">
                <span class="field__label">"E-mail address"</span>
                <input
                    class="input"
                    type="email"
                    name="email"
                    autocomplete="username"
                    required
                    aria-describedby=described_by
                    aria-invalid=invalid
                />
            </label>
            <label class="field">
                <span class="field__label">"Password"</span>
                <input
                    class="input"
                    type="password"
                    name="password"
                    autocomplete="current-password"
                    required
                    aria-describedby=described_by
                    aria-invalid=invalid
                />
            </label>
            <button class=submit_class type="submit">
                "Sign in"
            </button>
        </form>
    }
}

#[component]
fn DemoSignIn(people: Vec<Person>) -> impl IntoView {
    view! {
        <div class="demo-people">
            {people
                .into_iter()
                .map(|person| {
                    view! {
                        <form method="post" action="/api/demo/session">
                            <input type="hidden" name="userId" value=person.user_id />
                            <button class="button button--primary" type="submit" data-testid="demo-sign-in">
                                {format!("Continue as {}", person.display_name)}
                            </button>
                        </form>
                    }
                })
                .collect_view()}
            <p class="divider">
                <span>"or with your own account"</span>
            </p>
        </div>
    }
}
