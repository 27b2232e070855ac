//! The sign-in page: plain forms, which work without JavaScript.
//!
//! Owns the forms and the message about a failed attempt. Must not handle a password: the browser posts it to the
//! server.

use leptos::prelude::*;
use leptos_meta::Title;

use super::redirect::redirect;
use crate::browser::forget_query;
use crate::components::wordmark::Wordmark;
use crate::context::{Person, use_page_context};
use crate::erased::erased;
use crate::page::Attempt;

#[component]
pub(crate) fn SignInPage(attempt: Attempt) -> impl IntoView {
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
                {is_demo.then(|| erased(view! { <DemoSignIn people=demo_users /> }))}
                {erased(view! { <PasswordForm attempt is_second_choice=is_demo /> })}
            </div>
        </main>
    }
}

/// The message for the server's code.
fn message(code: &str) -> &'static str {
    match code {
        "INVALID_CREDENTIALS" => "That e-mail address and password don't match. Try again.",
        "BAD_REQUEST" => "Enter your e-mail address and your password.",
        "RATE_LIMITED" => "Too many attempts. Wait a minute, then try again.",
        "UNAUTHORIZED" => "You've been signed out. Sign in to continue.",
        "UNAVAILABLE" | "AUTH_UNAVAILABLE" => "We can't sign you in right now. Try again in a moment.",
        _ => "Signing in didn't work. Try again in a moment.",
    }
}

#[component]
fn PasswordForm(attempt: Attempt, is_second_choice: bool) -> impl IntoView {
    let Attempt { error, email } = attempt;
    let is_answer = !email.is_empty();
    Effect::new(move |_| {
        if is_answer {
            forget_query();
        }
    });
    // The input is marked as invalid only if the server has checked it.
    let invalid = error.as_deref().filter(|code| *code == "INVALID_CREDENTIALS").map(|_| "true");
    let message = error.as_deref().map(message);
    let described_by = message.map(|_| "sign-in-error");
    let submit_class = if is_second_choice { "button" } else { "button button--primary" };
    // The first field to fill in gets the focus; a demo's buttons come before all fields.
    let retypes_password = is_answer;
    let begins_with_email = !retypes_password && (!is_second_choice || error.is_some());
    let password_shown = RwSignal::new(false);
    let hide_password = move |_| password_shown.set(false);
    view! {
        // Submitting hides a visible password, or a browser would store the text and suggest it.
        <form class="form" method="post" action="/sign-in" data-testid="sign-in-form" on:submit=hide_password>
            {message.map(|message| view! { <p id="sign-in-error" class="notice notice--error" role="alert">{message}</p> })}
            <div class="field">
                <label class="field__label" for="email">
                    "E-mail address"
                </label>
                <input
                    class="input"
                    id="email"
                    type="email"
                    name="email"
                    value=email
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus=begins_with_email
                    aria-describedby=described_by
                    aria-invalid=invalid
                />
            </div>
            <div class="field">
                <label class="field__label" for="password">
                    "Password"
                </label>
                <div class="field__box">
                    <input
                        class="input"
                        id="password"
                        type=move || if password_shown.get() { "text" } else { "password" }
                        name="password"
                        autocomplete="current-password"
                        autocapitalize="none"
                        spellcheck="false"
                        required
                        autofocus=retypes_password
                        aria-describedby=described_by
                        aria-invalid=invalid
                    />
                    {erased(view! { <PasswordToggle shown=password_shown /> })}
                </div>
            </div>
            <button class=submit_class type="submit">
                "Sign in"
            </button>
        </form>
    }
}

/// Renders nothing without JavaScript, and nothing before hydration.
#[component]
fn PasswordToggle(shown: RwSignal<bool>) -> impl IntoView {
    view! {
        <button
            class="field__toggle needs-hydration"
            type="button"
            aria-controls="password"
            aria-pressed=move || shown.get().to_string()
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            "Show" <span class="visually-hidden">" password"</span>
        </button>
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
                                <span>"Continue as " <bdi>{person.display_name}</bdi></span>
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

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn no_code_of_another_page_is_repeated() {
        for odd in ["", "<b>", "NO_SUCH_CODE"] {
            assert!(message(odd).starts_with("Signing in didn't work"), "{odd}");
        }
    }
}
