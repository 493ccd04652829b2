//! The smallest program that opens a window with Tauri: no server, menu, setting or command, and a
//! page of one word. It is what the app's launch is compared with, and a bare page runs in it.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!())
}
