//! The browser's WebSocket.
//!
//! Owns the socket and its handlers, which live exactly as long as this value. Must not know the content of frames.

use std::rc::Rc;

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, MessageEvent};

use super::TransportEvent;

/// An open or opening WebSocket; dropping it closes it, and nothing is reported afterwards.
pub(crate) struct WebSocket {
    socket: web_sys::WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut()>,
    _on_error: Closure<dyn FnMut()>,
}

impl WebSocket {
    /// Starts to open the address. `None` if the browser refuses to try, as with an insecure address on a secure page.
    pub(crate) fn open(url: &str, on_event: impl Fn(TransportEvent) + 'static) -> Option<Self> {
        let socket = web_sys::WebSocket::new(url).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_event = Rc::new(on_event);

        let report = Rc::clone(&on_event);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(event) = read_frame(&event.data()) {
                report(event);
            }
        });
        let report = Rc::clone(&on_event);
        let on_close = Closure::<dyn FnMut()>::new(move || report(TransportEvent::Closed));
        let on_error = Closure::<dyn FnMut()>::new(move || on_event(TransportEvent::Failed));

        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        socket.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self { socket, _on_message: on_message, _on_close: on_close, _on_error: on_error })
    }

    /// Sends a text frame. A failure is not reported here: the socket is then about to close, and its close event says
    /// so.
    pub(crate) fn send(&self, frame: &str) {
        let _ = self.socket.send_with_str(frame);
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        // Handlers first: the close event of this socket no longer matters.
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        self.socket.set_onerror(None);
        // Fails only for an invalid close code, and none is given.
        let _ = self.socket.close();
    }
}

fn read_frame(data: &JsValue) -> Option<TransportEvent> {
    if let Some(text) = data.as_string() {
        return Some(TransportEvent::Text(text));
    }
    let buffer = data.dyn_ref::<ArrayBuffer>()?;
    Some(TransportEvent::Binary(Uint8Array::new(buffer).to_vec()))
}
