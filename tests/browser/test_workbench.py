"""The journeys of a medical coder through the workbench, on the deployed stack."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from frontend import samples
from local.browser import settle

CANARY = "XQ7CANARYZ9"
# What scrolls or clips by itself.
CLIPPED = "[data-testid=stDataFrame], .note, .unseen, svg g, [class*=st-key-icon-], [data-baseweb], [role=radiogroup]"
PAGES = ("", "batches", "codes", "codes?code=E11.9", "quality")


def code_sample(page, name="Clinic visit"):
    """Code a sample note; return the seconds from the key to the note with its marks."""
    page.get_by_text(name, exact=True).click()
    box = page.get_by_label("Clinical note")
    expect(box).not_to_have_value("")
    settle(page)
    box.focus()
    start = time.monotonic()
    page.keyboard.press("Control+Enter")
    page.locator(".note").wait_for()
    seconds = time.monotonic() - start
    settle(page)
    return seconds


def cell(page, text):
    """A cell of a table: drawn on a canvas, it stands in the page for screen readers only."""
    return page.locator("td[role=gridcell]", has_text=text)


def test_a_note_is_coded_reviewed_and_counted(running, open_page, record_testsuite_property):
    start = time.monotonic()
    page = open_page(running.url)
    ready = time.monotonic() - start
    coded = code_sample(page)
    record_testsuite_property("page_ready_s", round(ready, 2))
    record_testsuite_property("note_coded_s", round(coded, 2))

    page.get_by_role("button", name="E11.42").first.click()
    lit = page.locator("mark.lit")
    expect(lit.first).to_be_visible()
    assert "polyneuropathy" in " ".join(lit.all_text_contents())
    settle(page)

    page.keyboard.press("a")  # accepts it, and goes on to the next
    expect(page.get_by_text(re.compile(r"1 of \d+ decided"))).to_be_visible()
    expect(page.locator("mark.lit", has_text="HTN")).to_be_visible()
    page.keyboard.press("x")
    settle(page)
    page.get_by_role("button", name="Accept the rest").click()
    decided = page.get_by_text(re.compile(r"(\d+) of \1 decided"))
    expect(decided).to_be_visible()
    codes = int(re.search(r"(\d+) decided", decided.inner_text())[1])
    page.get_by_label("Reviewer").fill("Dana Coder")
    page.get_by_role("button", name="Submit review").click()
    expect(page.get_by_text("Review stored")).to_be_visible()

    page.get_by_role("link", name="Quality").click()
    expect(page.get_by_role("heading", name="Quality")).to_be_visible()
    expect(page.get_by_test_id("stMetric").first).to_contain_text(f"{(codes - 1) / codes:.0%}")


def test_a_code_is_replaced_by_one_that_is_searched_for(running, open_page):
    page = open_page(running.url)
    code_sample(page)
    page.get_by_role("button", name="I10").first.click()
    page.get_by_role("button", name="Replace", exact=False).first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Search").fill("secondary hypertension")
    page.keyboard.press("Enter")
    drawer.get_by_role("button", name="I15.9").click()
    drawer.get_by_role("button", name="Use I15.9").click()
    expect(page.get_by_text("Replaced with I15.9")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Replaced with I15.9")).to_be_hidden()


def test_a_mention_tells_its_readings_by_pointer_and_by_keyboard_and_selects_its_code(running, open_page):
    page = open_page(running.url)
    code_sample(page)
    denied = page.locator(".mention", has_text="chest pain")
    denied.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("negated")
    page.mouse.move(0, 0)
    treated = page.locator(".mention", has_text="HTN")
    treated.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("I10")
    page.keyboard.press("Enter")
    expect(treated.locator("mark.lit")).to_be_visible()


def test_exports_are_made_of_the_reviewed_codes(running, open_page):
    page = open_page(running.url)
    code_sample(page)
    page.get_by_role("button", name="Reject I10").click()
    settle(page)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="FHIR").click()
    bundle = json.loads(download.value.path().read_text())
    billed = [each["resource"] for each in bundle["entry"] if "category" in each["resource"]]
    codes = [each["code"]["coding"][0]["code"] for each in billed]
    assert "E11.42" in codes
    assert "I10" not in codes


def test_a_batch_with_a_bad_file_says_why_it_was_not_coded(running, open_page):
    page = open_page(f"{running.url}/batches")
    good = samples.FOLDER / "knee_pain.txt"
    bad = {"name": "scan.txt", "mimeType": "text/plain", "buffer": b"caf\xe9 \xff\xfe"}
    note = {"name": good.name, "mimeType": "text/plain", "buffer": good.read_bytes()}
    page.locator("input[type=file]").set_input_files([note, bad])
    page.get_by_label("Name").fill("Monday")
    settle(page)
    page.get_by_role("button", name="Start batch").click()
    expect(page.get_by_text("This page follows the batch by itself")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Finished, some records were not coded")).to_be_visible(timeout=240_000)
    settle(page)
    expect(cell(page, "The file is not UTF-8. Save it as UTF-8.")).to_be_attached()
    expect(cell(page, "knee_pain")).to_be_attached()
    page.get_by_role("button", name="All batches").click()
    expect(cell(page, "Monday")).to_be_attached()


def test_a_link_opens_a_code(running, open_page):
    page = open_page(f"{running.url}/codes?code=E11.9")
    expect(page.get_by_role("heading", name="E11.9 Type 2 diabetes mellitus without complications")).to_be_visible()
    page.get_by_role("button", name="› E11").last.click()
    expect(page.get_by_role("heading", name="E11 Type 2 diabetes mellitus")).to_be_visible()


def test_leaving_the_page_forgets_the_note_and_no_log_holds_it(running, open_page):
    page = open_page(running.url)
    page.get_by_label("Clinical note").fill(f"Assessment: Essential hypertension. {CANARY}")
    page.keyboard.press("Control+Enter")
    page.locator(".note").wait_for()
    page.get_by_role("link", name="Batches").click()
    page.get_by_role("heading", name="Batches", exact=True).wait_for()
    page.get_by_role("link", name="Code a note").click()
    expect(page.get_by_label("Clinical note")).to_have_value("")
    assert CANARY not in page.content()
    log = running.stack.settings.state / "logs" / "workbench.log"
    assert CANARY not in log.read_text()


@pytest.mark.parametrize("path", PAGES)
def test_nothing_overflows_a_telephone(running, open_page, path):
    page = open_page(f"{running.url}/{path}", width=390)
    if not path:
        code_sample(page)
        page.get_by_role("button", name="E11.42").first.click()
        settle(page)
    wide = page.evaluate(
        """(clipped) => [...document.querySelectorAll("[data-testid=stMain] *")]
           .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(clipped))
           .map((each) => each.outerHTML.slice(0, 120))""",
        CLIPPED,
    )
    assert wide == []


@pytest.mark.parametrize("path", PAGES[1:])
def test_the_api_down_is_an_error_that_says_what_to_do(without_api, open_page, path):
    page = open_page(f"{without_api}/{path}")
    expect(page.get_by_text("The API does not answer").first).to_be_visible()
    expect(page.get_by_text("make run").first).to_be_visible()
    expect(page.get_by_role("button", name="Try again").first).to_be_enabled()


def test_the_api_down_leaves_the_note_in_its_box(without_api, open_page):
    page = open_page(without_api)
    page.get_by_label("Clinical note").fill("Assessment: Essential hypertension.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The API does not answer")).to_be_visible()
    expect(page.get_by_label("Clinical note")).to_have_value("Assessment: Essential hypertension.")
