//! A window without pixels, over a real engine in this process.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use baton_front::Setup;
use baton_gui::app::{App, AppPlan};
use baton_gui::bridge::{BridgePlan, Notice, Notifier, read_memory};
use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use orchestrator::failure::Failure;
use orchestrator::seam::Program;

/// How long anything may take whose end is at hand; both cores may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Frames until a window that is at rest has settled; more, and something moves for ever.
const MOST_STEPS: usize = 30;
/// Something that is due later than now is looked at again after this time.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Says when there is news for a frame.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<bool>,
    ring: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.ring.notify_all();
    }

    /// Until it rings, and no longer than `most`.
    fn wait(&self, most: Duration) {
        let rung = self.rung.lock().unwrap();
        let (mut rung, _) = self.ring.wait_timeout_while(rung, most, |rung| !*rung).unwrap();
        *rung = false;
    }
}

/// What the desktop was told.
#[derive(Debug, Default)]
pub struct Told(pub Mutex<Vec<Notice>>);

impl Notifier for Told {
    fn show(&self, notice: &Notice) -> Result<(), Failure> {
        self.0.lock().unwrap().push(notice.clone());
        Ok(())
    }
}

/// The window of a person, as tests see and use it.
pub struct Window {
    pub harness: Harness<'static, Option<App>>,
    pub told: Arc<Told>,
    bell: Arc<Bell>,
}

impl Window {
    /// Opens it as the program does, with what was remembered.
    pub fn open(setup: &Setup) -> Self {
        let bell = Arc::new(Bell::default());
        let told = Arc::new(Told::default());
        let (memory, trouble, remember) = read_memory(&setup.paths.data.join("window.json"));
        let plan = AppPlan {
            bridge: BridgePlan {
                setup: setup.clone(),
                program: Program {
                    name: "baton-gui".into(),
                    version: "test".into(),
                    pid: std::process::id(),
                },
                wake: {
                    let bell = Arc::clone(&bell);
                    Arc::new(move || bell.ring())
                },
                notifier: Arc::clone(&told) as Arc<dyn Notifier>,
                remember,
                raises: None,
            },
            memory,
            trouble,
            log: None,
        };
        let mut plan = Some(plan);
        let harness = Harness::builder().with_size(egui::vec2(1280.0, 800.0)).build_ui_state(
            move |ui, app: &mut Option<App>| {
                let app = match plan.take() {
                    Some(plan) => {
                        let app = app.insert(App::new(ui.ctx(), plan).expect("the window opens"));
                        // Its fonts count from the next frame on.
                        ui.ctx().request_repaint();
                        let _: &App = app;
                        return;
                    }
                    None => app.as_mut().unwrap(),
                };
                app.frame(ui);
            },
            None,
        );
        let mut window = Self { harness, told, bell };
        window.harness.step();
        window
    }

    /// Draws frames until something is there; says what stands in the window when it never is.
    pub fn until<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&Harness<'static, Option<App>>) -> Option<T>,
    ) -> T {
        let began = Instant::now();
        loop {
            self.harness.step();
            if let Some(found) = look(&self.harness) {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{what} never came. The window:\n{}", self.shown());
            self.bell.wait(LOOK_AGAIN);
        }
    }

    /// Until something of that role and name is there.
    pub fn see(&mut self, role: Role, name: &str) {
        self.until(&format!("{role:?} {name:?}"), |window| {
            window.query_all_by_role_and_label(role, name).next().map(drop)
        });
    }

    /// Until a text that holds this is there.
    pub fn read(&mut self, text: &str) {
        self.until(&format!("the text {text:?}"), |window| {
            window.query_all_by_label_contains(text).next().map(drop)
        });
    }

    /// Until the agent has said exactly this: a question may hold the same words.
    pub fn hear(&mut self, text: &str) {
        self.see(Role::Label, text);
    }

    /// Until no text that holds this is there any more.
    pub fn read_no_more(&mut self, text: &str) {
        self.until(&format!("no text {text:?}"), |window| {
            window.query_all_by_label_contains(text).next().is_none().then_some(())
        });
    }

    /// Clicks what has that role and name, once it is there.
    pub fn click(&mut self, role: Role, name: &str) {
        // What is greyed can't be clicked yet.
        self.until(&format!("{role:?} {name:?} to be clicked"), |window| {
            let mut found = window.query_all_by_role_and_label(role, name);
            found.next().filter(|node| !node.accesskit_node().is_disabled()).map(drop)
        });
        self.settle();
        let at = {
            let found = self.harness.query_all_by_role_and_label(role, name).next();
            found.unwrap().rect().center()
        };
        self.click_at(at);
    }

    /// Presses and lets go in one frame: what is seen there is what is clicked, even when news moves it with the next.
    fn click_at(&mut self, pos: egui::Pos2) {
        self.click_with(pos, egui::PointerButton::Primary);
    }

    fn click_with(&mut self, pos: egui::Pos2, which: egui::PointerButton) {
        let button = |pressed| egui::Event::PointerButton {
            pos,
            button: which,
            pressed,
            modifiers: Modifiers::NONE,
        };
        let events = [egui::Event::PointerMoved(pos), button(true), button(false)];
        self.harness.input_mut().events.extend(events);
        self.settle();
    }

    /// Clicks the first button (or what is like one) whose name holds this.
    pub fn click_containing(&mut self, part: &str) {
        let is_it = |node: &egui_kittest::Node<'_>| {
            let own = node.accesskit_node();
            let name = own.label().unwrap_or_default();
            let roles = [
                Role::Button,
                Role::ListBoxOption,
                Role::ComboBox,
                Role::MenuItem,
                Role::RadioButton,
            ];
            roles.contains(&own.role()) && !own.is_disabled() && name.contains(part)
        };
        self.until(&format!("something to click with {part:?}"), |window| {
            window.root().children_recursive().find(is_it).map(drop)
        });
        self.settle();
        let at = self.harness.root().children_recursive().find(is_it).unwrap().rect().center();
        self.click_at(at);
    }

    /// Opens the menu of what has that role and name, and picks an entry.
    pub fn pick(&mut self, role: Role, name: &str, entry: &str) {
        self.see(role, name);
        self.settle();
        let at = {
            let found = self.harness.query_all_by_role_and_label(role, name).next();
            found.unwrap().rect().center()
        };
        self.click_with(at, egui::PointerButton::Secondary);
        self.press(entry);
    }

    /// Types a text where the keys go, and lets the window take it in.
    pub fn write(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.step();
    }

    /// What stands in the field or on the terminal of that name, where it is shown.
    pub fn value(&self, role: Role, name: &str) -> Option<String> {
        self.harness.query_all_by_role_and_label(role, name).next()?.value()
    }

    /// Until that field or terminal holds this.
    pub fn holds(&mut self, role: Role, name: &str, text: &str) {
        self.until(&format!("{text:?} on {name:?}"), |window| {
            let shown = window.query_all_by_role_and_label(role, name).next()?.value()?;
            shown.contains(text).then_some(())
        });
    }

    /// Chooses from the list of that name.
    pub fn choose(&mut self, list: &str, option: &str) {
        self.click(Role::ComboBox, list);
        self.click_containing(option);
    }

    /// Leaves the first screen.
    pub fn skip_welcome(&mut self) {
        self.harness.step();
        if self.harness.query_by_role_and_label(Role::Button, "Skip for now").is_some() {
            self.press("Skip for now");
        }
    }

    /// Clicks a button.
    pub fn press(&mut self, name: &str) {
        self.click(Role::Button, name);
    }

    /// Types into the field of that name, in place of what stands there.
    pub fn fill(&mut self, name: &str, text: &str) {
        let wanted =
            [Role::TextInput, Role::MultilineTextInput, Role::PasswordInput, Role::SearchInput];
        let role = self.until(&format!("the field {name:?}"), |window| {
            wanted
                .into_iter()
                .find(|role| window.query_all_by_role_and_label(*role, name).next().is_some())
        });
        let field = |window: &Self| {
            window.harness.query_all_by_role_and_label(role, name).next().unwrap().focus()
        };
        field(self);
        self.harness.step();
        self.key(Modifiers::COMMAND, Key::A);
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.settle();
    }

    /// Puts the window in front, or behind others.
    pub fn look(&mut self, focused: bool) {
        self.harness.input_mut().focused = focused;
        self.harness.step();
    }

    /// Presses a key, and takes nothing in that comes of it.
    pub fn press_last(&mut self, key: Key) {
        self.harness.key_press(key);
        // Pressed, and let go.
        self.harness.step();
    }

    /// Lets a second of the window's time pass: a quarter in each frame.
    pub fn let_time_pass(&mut self) {
        (0..4).for_each(|_| self.harness.step());
    }

    /// Presses a key.
    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Draws frames until nothing in the window moves any more: what is to be clicked stands where it is seen.
    fn settle(&mut self) {
        for _ in 0..MOST_STEPS {
            self.harness.step();
            if !self.harness.ctx.has_requested_repaint() {
                return;
            }
        }
    }

    /// Everything that has a name, a line each.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        fn add(node: &egui_kittest::Node<'_>, depth: usize, text: &mut String) {
            let own = node.accesskit_node();
            let name = own.label().or_else(|| own.value());
            if let Some(name) = name {
                text.push_str(&format!("{}{:?} {name:?}\n", " ".repeat(depth), own.role()));
            }
            for child in node.children() {
                add(&child, depth + 1, text);
            }
        }
        add(&self.harness.root(), 0, &mut text);
        text
    }

    /// Closes it as a person does, and waits until everything is stored.
    pub fn close(self) {
        drop(self.harness.into_state());
    }
}
