//! The client's session under every possible input, as a script: each line is one event.
//!
//! Owns the script's language. The invariants are in `fuzz::rig`.
//!
//! | line | what happens |
//! | --- | --- |
//! | `=2 20 100 500 300` | first line only: queue limit, connect time-out, first and longest pause, stable after |
//! | `c`, `d`, `n`, `o` | connect, disconnect, online, offline |
//! | `<FRAME`, `~FRAME` | the server sends a text, over the newest transport or over the one before |
//! | `b3`, `x`, `f` | a binary frame of so many bytes; the transport closes; it fails |
//! | `t50`, `j50`, `-50` | time passes; the clock jumps on; the clock is set back |
//! | `eNAME`, `a50 NAME` | the owner sends an event, the second with a time for its acknowledgement |
//! | `kJSON` | the owner acknowledges the newest event that asked for it |
//! | `pJSON`, `h`, `g` | the connect payload; it is withheld; it is given |
//! | `r7` | chance, in hundredths |

#![no_main]

use fuzz::rig::Rig;
use libfuzzer_sys::fuzz_target;
use socketio_client::engine::TransportEvent;
use socketio_client::session::Input;
use socketio_client::socket::is_json;
use socketio_client::{Config, reconnect};

fuzz_target!(|script: &str| {
    let (config, script) = match script.strip_prefix('=').map(|rest| rest.split_once('\n').unwrap_or((rest, ""))) {
        Some((settings, rest)) => (config(settings), rest),
        None => (Config::default(), script),
    };
    let mut rig = Rig::new(config);
    script.lines().for_each(|line| play(&mut rig, line));
    rig.end();
});

fn config(settings: &str) -> Config {
    let mut numbers = settings.split(' ').map(|number| number.parse::<u16>().unwrap_or(1));
    let mut next = |default: u32| numbers.next().map_or(default, u32::from);
    Config {
        queue_limit: next(64) as usize,
        // With a time-out of zero it never connects.
        connect_timeout: next(20_000).max(1),
        policy: reconnect::Policy {
            reconnection_delay: next(1000),
            reconnection_delay_max: next(5000),
            stable_after: next(5000),
            reconnect_after_server_disconnect: next(1) != 0,
            offline_retry_delay: next(30_000),
            ..reconnect::Policy::default()
        },
        namespace: if next(0) == 1 { "/admin".to_owned() } else { "/".to_owned() },
        ..Config::default()
    }
}

fn play(rig: &mut Rig, line: &str) {
    let mut chars = line.chars();
    let Some(action) = chars.next() else { return };
    let rest = chars.as_str();
    let number = u64::from(rest.parse::<u32>().unwrap_or(1));
    match action {
        'c' => rig.input(Input::Connect),
        'd' => rig.input(Input::Disconnect),
        'n' => rig.input(Input::Online),
        'o' => rig.input(Input::Offline),
        '<' => rig.transport(None, TransportEvent::Text(rest.to_owned())),
        '~' => rig.stale(TransportEvent::Text(rest.to_owned())),
        'b' => rig.transport(None, TransportEvent::Binary(vec![0; number.min(1000) as usize])),
        'x' => rig.transport(None, TransportEvent::Closed),
        'f' => rig.transport(None, TransportEvent::Failed),
        't' => rig.advance(number),
        'j' => rig.jump(rig.now().saturating_add(number)),
        '-' => rig.jump(rig.now().saturating_sub(number)),
        'e' => rig.emit(rest, None),
        'a' => {
            let (time, name) = rest.split_once(' ').unwrap_or((rest, ""));
            rig.emit(name, Some(time.parse().unwrap_or(1)));
        }
        'k' if is_json(rest) => rig.acknowledge(rest),
        'p' => rig.answer_with(Some(rest.to_owned()).filter(|payload| !payload.is_empty())),
        'h' => rig.withhold(true),
        'g' => rig.withhold(false),
        'r' => rig.chance(number as f64 / 100.0),
        _ => {}
    }
}
