"""What one worker sets and another process reads is in the log, once per place; caches are not."""

import unittest

from processes import lines_of

HEAD = "import spaces\n"


def place(text, needle, file="app.py"):
    """File and number of the only line with these words."""
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    assert len(numbers) == 1, (needle, numbers)
    return f"{file}:{numbers[0]}"


class Unseen(unittest.TestCase):
    def assert_line(self, app, calls, setting, reading=None, files=None, how="in another worker"):
        found = lines_of({"app.py": app, **(files or {})}, calls)["lines"]
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{place(app, setting)}: silently wrong: "), found[0])
        self.assertIn(how, found[0])
        if reading:
            self.assertIn(f"({place(app, reading)})", found[0])

    def assert_silent(self, app, calls, files=None):
        self.assertEqual(lines_of({"app.py": app, **(files or {})}, calls)["lines"], [])

    def test_an_entry_of_a_dict(self):
        app = HEAD + """
cache = {}

@spaces.GPU
def tune(text):
    cache["style"] = text

@spaces.GPU
def run():
    return cache.get("style")
"""
        calls = [("run", "a"), ("tune", "b", "pop"), ("run", "a"), ("run", "a")]
        self.assert_line(app, calls, 'cache["style"] = text', 'cache.get("style")')
        self.assertEqual(lines_of({"app.py": app}, calls)["answers"], [None] * 4)

    def test_no_line_before_it_is_read_or_when_another_entry_is(self):
        app = HEAD + """
cache = {"other": 1}

@spaces.GPU
def tune(text):
    cache["style"] = text

@spaces.GPU
def run():
    return cache["other"]
"""
        self.assert_silent(app, [("run", "a"), ("tune", "b", "pop"), ("tune", "b", "x"), ("run", "a")])

    def test_a_counter_in_a_dict_that_two_functions_raise(self):
        app = HEAD + """
counts = {"calls": 0}

@spaces.GPU
def first():
    counts["calls"] += 1
    return counts["calls"]

@spaces.GPU
def second():
    counts["calls"] += 1
    return counts["calls"]
"""
        calls = [("first", "a"), ("second", "b"), ("first", "a")]
        found = lines_of({"app.py": app}, calls)
        self.assertEqual(found["answers"], [1, 1, 2])
        self.assertEqual([line.split(": ")[0] for line in found["lines"]], ["app.py:7", "app.py:12"])

    def test_a_list_that_grows(self):
        app = HEAD + """
history = []

@spaces.GPU
def say(text):
    history.append(text)

@spaces.GPU
def show():
    return len(history)
"""
        self.assert_line(app, [("say", "a", "x"), ("show", "b")], "history.append", "len(history)")

    def test_a_class_attribute(self):
        app = HEAD + """
class Settings:
    scale = 1

@spaces.GPU
def tune(value):
    Settings.scale = value

@spaces.GPU
def run():
    return Settings.scale
"""
        self.assert_line(app, [("tune", "a", 2), ("run", "b")], "Settings.scale = value", "return Settings.scale")

    def test_an_attribute_of_another_module_of_the_space(self):
        app = HEAD + """
from lib import state

@spaces.GPU
def tune(value):
    state.scale = value

@spaces.GPU
def run():
    return state.scale
"""
        files = {"lib/__init__.py": "", "lib/state.py": "scale = 1\n"}
        self.assert_line(app, [("tune", "a", 2), ("run", "b")], "state.scale = value", "return state.scale", files)

    def test_a_container_that_was_imported_by_name_and_a_helper_that_reads_it(self):
        app = HEAD + """
from lib.state import options
from lib.helpers import strength

@spaces.GPU
def tune(value):
    options["strength"] = value

@spaces.GPU
def run():
    return strength()
"""
        files = {
            "lib/__init__.py": "",
            "lib/state.py": 'options = {"strength": 1}\n',
            "lib/helpers.py": 'from .state import options\n\ndef strength():\n    return options["strength"]\n',
        }
        found = lines_of({"app.py": app, **files}, [("tune", "a", 2), ("run", "b")])["lines"]
        self.assertEqual(len(found), 1, found)
        self.assertIn(f"{place(app, 'options[')}: silently wrong: tune sets `options['strength']`", found[0])
        self.assertIn("(lib/helpers.py:4)", found[0])

    def test_global(self):
        app = HEAD + """
style = "plain"

@spaces.GPU
def tune(value):
    global style
    style = value

@spaces.GPU
def run():
    return style
"""
        self.assert_line(app, [("tune", "a", "pop"), ("run", "b")], "style = value", "return style")

    def test_an_attribute_of_an_object_through_its_methods(self):
        app = HEAD + """
class Engine:
    def __init__(self):
        self.adapter = "none"

    def load(self, name):
        self.adapter = name

    def answer(self):
        return self.adapter

engine = Engine()

@spaces.GPU
def tune(name):
    engine.load(name)

@spaces.GPU
def run():
    return engine.answer()
"""
        self.assert_line(app, [("tune", "a", "pop"), ("run", "b")], "self.adapter = name")

    def test_a_value_that_an_undecorated_handler_reads(self):
        app = HEAD + """
last = None

@spaces.GPU
def run(text):
    global last
    last = text

def show():
    return last

class Button:
    def click(self, handler):
        pass

Button().click(run)
Button().click(show)
"""
        self.assert_line(app, [("run", "a", "x")], "last = text", "return last", how="in the app's process")

    def test_a_value_that_a_lambda_of_the_page_reads(self):
        app = HEAD + """
seen = {"last": ""}

@spaces.GPU
def run(text):
    seen["last"] = text

print_it = [lambda: seen["last"]]
"""
        self.assert_line(app, [("run", "a", "x")], 'seen["last"] = text', "print_it", how="in the app's process")

    def test_a_counter_of_one_function_that_a_new_worker_starts_again(self):
        app = HEAD + """
count = 0

@spaces.GPU
def run():
    global count
    count += 1
    return count
"""
        self.assert_silent(app, [("run", "a"), ("run", "a"), ("run", "a")])
        self.assert_line(app, [("run", "a"), ("run", "a"), ("run", "b")], "count += 1", how="a later call of it")

    def test_lazy_loading_is_silent(self):
        app = HEAD + """
pipe = None

def get_pipe():
    global pipe
    if pipe is None:
        pipe = object()
    return pipe

@spaces.GPU
def draw(text):
    if not text:
        return None
    return str(get_pipe())[:7]

@spaces.GPU
def paint():
    return str(get_pipe())[:7]
"""
        self.assert_silent(app, [("draw", "a", "x"), ("paint", "b"), ("draw", "c", ""), ("draw", "a", "")])

    def test_lazy_loading_in_an_object_is_silent(self):
        app = HEAD + """
from functools import cached_property

class Models:
    def __init__(self):
        self._pipe = None

    @property
    def pipe(self):
        if self._pipe is None:
            self._pipe = [1]
        return self._pipe

    @cached_property
    def tokenizer(self):
        return {"a": 1}

models = Models()

@spaces.GPU
def draw():
    return models.pipe, models.tokenizer

@spaces.GPU
def paint():
    return models.pipe, models.tokenizer
"""
        self.assert_silent(app, [("draw", "a"), ("paint", "b"), ("draw", "c"), ("paint", "b")])

    def test_a_model_that_only_the_other_function_loads_is_not(self):
        app = HEAD + """
pipe = None

@spaces.GPU
def load():
    global pipe
    pipe = object()

@spaces.GPU
def draw():
    return pipe is None
"""
        self.assert_line(app, [("load", "a"), ("draw", "b")], "pipe = object()", "pipe is None")

    def test_caches_are_silent(self):
        app = HEAD + """
from functools import lru_cache

@lru_cache
def embed(text):
    return len(text)

known = {}

def remember(text):
    entries = known
    if text not in entries:
        entries[text] = len(text)
    return entries[text]

memory = {}

@spaces.GPU
def first(text):
    if text not in memory:
        memory[text] = len(text)
    return embed(text) + remember(text) + memory[text]

@spaces.GPU
def second(text):
    if text not in memory:
        memory[text] = len(text)
    return embed(text) + remember(text) + memory[text]
"""
        self.assert_silent(app, [("first", "a", "x"), ("second", "b", "yy"), ("first", "c", "z"), ("second", "b", "x")])

    def test_a_value_that_each_call_sets_for_itself_is_silent(self):
        app = HEAD + """
options = {"steps": 4}

def draw():
    return options["steps"]

@spaces.GPU
def quick():
    options["steps"] = 2
    return draw()

@spaces.GPU
def slow():
    options["steps"] = 8
    return draw()
"""
        self.assert_silent(app, [("quick", "a"), ("slow", "b"), ("quick", "c"), ("slow", "b")])

    def test_a_function_that_is_called_within_another_shares_its_worker(self):
        app = HEAD + """
notes = {"x": 0}

@spaces.GPU
def inner():
    return notes["x"]

@spaces.GPU
def outer():
    notes["x"] = 1
    return inner()
"""
        self.assert_silent(app, [("outer", "a"), ("outer", "a")])
        self.assertEqual(lines_of({"app.py": app}, [("outer", "a")])["answers"], [1])

    def test_names_that_are_local_are_no_globals(self):
        app = HEAD + """
style = "plain"

@spaces.GPU
def tune():
    global style
    style = "pop"

@spaces.GPU
def run(style):
    return [style for style in [style]]
"""
        self.assert_silent(app, [("tune", "a"), ("run", "b", "x")])

    def test_objects_that_fight_back_break_nothing(self):
        app = HEAD + """
class Hostile:
    def __getattr__(self, name):
        raise RuntimeError("not for you")

    def __eq__(self, other):
        raise RuntimeError("not equal, not unequal")

    __hash__ = None

    @property
    def __class__(self):
        raise RuntimeError("none")

hostile = Hostile()
ring = []
ring.append(ring)
many = list(range(100000))
table = {n: n for n in range(100000)}
no_number = float("nan")
state = "a"

@spaces.GPU
def tune():
    global state, hostile
    hostile.anything = 1
    many.append(1)
    table[-1] = 2
    state = "b"

@spaces.GPU
def run():
    return state
"""
        self.assert_line(app, [("tune", "a"), ("run", "b")], 'state = "b"')

    def test_a_space_whose_source_is_gone_has_no_lines_and_goes_on(self):
        import os

        app = HEAD + "state = 1\n\n@spaces.GPU\ndef tune():\n    global state\n    state = 2\n"
        found = lines_of({"app.py": app}, [("tune", "a"), ("tune", "b")], lambda: os.remove("app.py"))
        self.assertEqual(found, {"lines": [], "answers": [None, None]})

    def test_thousands_of_changes_are_too_long_for_one_message_and_break_nothing(self):
        app = HEAD + """
names = {f"{'n' * 60}{n}": 0 for n in range(60)}
state = 0

@spaces.GPU
def tune():
    global state
    for name in names:
        names[name] += 1
    state = 1

@spaces.GPU
def run():
    return sum(names.values())
"""
        found = lines_of({"app.py": app}, [("tune", "a"), ("run", "b")])
        self.assertEqual(len(found["lines"]), 1, found)
        self.assertEqual(found["answers"], [None, 0])

    def test_what_the_app_sets_after_a_worker_was_forked(self):
        app = HEAD + """
style = "plain"

@spaces.GPU
def run():
    return style

def choose(text):
    global style
    style = text
"""
        calls = [("run", "a"), ("choose", None, "pop"), ("run", "a"), ("run", "a")]
        self.assert_line(
            app, calls, "style = text", "return style", how="choose sets `style` in the app's process, and run reads it"
        )
        self.assertEqual(lines_of({"app.py": app}, calls)["answers"], ["plain", None, "plain", "plain"])
        # A worker that is forked afterwards has it, and the first call of one is never late.
        self.assert_silent(app, [("choose", None, "pop"), ("run", "a"), ("run", "a"), ("run", "b")])
        # Set back to what the worker has.
        self.assert_silent(app, [("run", "a"), ("choose", None, "x"), ("choose", None, "plain"), ("run", "a")])

    def test_an_entry_that_a_handler_sets_and_a_helper_of_a_gpu_function_reads(self):
        app = HEAD + """
settings = {"steps": 4}

class Engine:
    scale = 1

def steps():
    return settings["steps"]

@spaces.GPU
def run():
    return steps()

@spaces.GPU
def scaled():
    return Engine.scale

def choose(count):
    settings["steps"] = count
    Engine.scale = count
"""
        calls = [("run", "a"), ("scaled", "b"), ("choose", None, 8), ("run", "a"), ("scaled", "b")]
        found = lines_of({"app.py": app}, calls)
        self.assertEqual(found["answers"], [4, 1, None, 4, 1])
        self.assertEqual([line.split(": ")[0] for line in found["lines"]], [
            place(app, 'settings["steps"] = count'), place(app, "Engine.scale = count")
        ])

    def test_what_the_app_sets_and_a_gpu_function_does_not_read_or_sets_itself_is_silent(self):
        app = HEAD + """
history = []
pipe = None

def get_pipe():
    global pipe
    if pipe is None:
        pipe = object()
    return pipe

@spaces.GPU
def run(text):
    get_pipe()
    return text

def handler(text):
    get_pipe()
    history.append(text)
"""
        calls = [("run", "a", "x"), ("handler", None, "x"), ("run", "a", "y"), ("handler", None, "y"), ("run", "a", "z")]
        self.assert_silent(app, calls)

    def test_what_a_thread_of_the_app_loads_late(self):
        app = HEAD + """
import threading

model = None

def load():
    global model
    model = "loaded"

@spaces.GPU
def run():
    return model or "not ready"

def load_in_thread():
    thread = threading.Thread(target=load)
    thread.start()
    thread.join()
"""
        calls = [("run", "a"), ("load_in_thread", None), ("run", "a")]
        self.assert_line(app, calls, 'model = "loaded"', "return model", how="in a worker that was there before")

    def test_a_change_through_another_name_is_named_where_it_is_read(self):
        app = HEAD + """
settings = {"steps": 4}

@spaces.GPU
def run():
    return settings["steps"]

def change(count):
    for each in (settings,):
        each["steps"] = count
"""
        calls = [("run", "a"), ("change", None, 8), ("run", "a")]
        self.assert_line(app, calls, 'return settings["steps"]', how="the app has set `settings['steps']`")


if __name__ == "__main__":
    unittest.main()
