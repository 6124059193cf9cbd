"""``make screenshots``: a picture of each page of the workbench, with sample data, into ``docs/images``."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Mapping

from PIL import Image
from playwright.sync_api import Browser, Page

from chartcode.client import ApiClient
from frontend import samples
from local import browser, run
from local.cloud import DeployFailed
from local.preflight import problems
from local.processes import ProcessDied, Processes
from local.settings import ROOT, Settings
from local.stack import Stack

IMAGES = ROOT / "docs" / "images"
NOTE = "Clinic visit"
CODE = "E11"
# A page of few colours needs no more, and the file is a third of the size.
COLOURS = 128
BAD_FILE = {"scanned-letter.txt": b"Caf\xe9 au lait spots, \xff\xfe"}


def sample_batch(api: ApiClient, name: str, files: Mapping[str, bytes]) -> str:
    """Send a batch, wait until it has ended, and return its id."""
    batch = api.create_batch(list(files), name=name)
    for target in batch["uploads"]:
        api.upload(target, files[target["file"]])
    deadline = time.monotonic() + 300
    while (status := api.batch(batch["id"])["status"]) in ("WAITING_FOR_UPLOAD", "IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"The batch {name} has not ended after 300 s.")
        time.sleep(1)
    if status == "FAILED":
        raise run.StepFailed(f"The batch {name} failed: {api.batch(batch['id']).get('error')}.")
    return str(batch["id"])


def sample_reviews(api: ApiClient) -> None:
    """Review every sample note three times; one of the reviewers rejects the least likely code of each."""
    for path in samples.notes().values():
        answer = api.code_note(path.read_text(encoding="utf-8"), id=path.stem)
        doubted = min(answer["codes"], key=lambda code: float(code["probability"]))["code"]
        for turn in range(3):
            decisions = [
                {"code": code["code"], "action": "reject" if code["code"] == doubted and not turn else "accept"}
                for code in answer["codes"]
            ]
            api.review(f"{path.stem}-{turn}", "Dana Coder", decisions, model_version=answer["model"]["version"])


def picture(page: Page, name: str) -> None:
    """Write a picture of what the page shows."""
    browser.settle(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # charts and tables draw after their page
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    path = IMAGES / f"{name}.png"
    image.save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} KB")


def take(chromium: Browser, url: str, batch: str) -> None:
    """Take the pictures."""
    for width, height, suffix in ((1280, 900, ""), (390, 1100, "-390")):
        page = chromium.new_page(viewport={"width": width, "height": height})
        page.goto(url)
        page.get_by_text(NOTE, exact=True).click()
        browser.settle(page)
        page.get_by_role("button", name="Code note").click()
        page.locator(".note").wait_for()
        browser.settle(page)
        page.get_by_role("button", name="E11.42").first.click()
        browser.settle(page)
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        picture(page, f"code-a-note{suffix}")
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    for name, path in {
        "batches": f"batches?batch={batch}",
        "code-browser": f"codes?code={CODE}",
        "quality": "quality",
    }.items():
        page.goto(f"{url}/{path}")
        page.get_by_role("heading", level=1).wait_for()
        picture(page, name)


def taken(settings: Settings, processes: Processes, chromium: Browser) -> None:
    """Start everything, fill it with samples, and take the pictures."""
    stack: Stack = run.bring_up(settings, processes, run.Steps(time.monotonic()))
    api = ApiClient(stack.api_url, stack.api_key)
    run.warm_up(stack)
    sample_reviews(api)
    files = samples.batch_files()
    notes = {name: content for name, content in files.items() if name.endswith(".txt")}
    sample_batch(api, "Clinic notes", notes)
    batch = sample_batch(api, "Monday", {**files, **BAD_FILE})
    url = f"http://127.0.0.1:{settings.workbench_port}"
    processes.wait_for("workbench", f"{url}/_stcore/health", 60)
    take(chromium, url, batch)


def main() -> None:
    """Take the pictures on a local cloud of their own."""
    settings = Settings()
    missing = problems(settings)
    if missing:
        sys.exit("\n".join(missing))
    IMAGES.mkdir(parents=True, exist_ok=True)
    processes = Processes(settings.state / "logs")
    try:
        with browser.chromium() as chromium:
            taken(settings, processes, chromium)
    except (browser.NoBrowser, DeployFailed, ProcessDied, run.StepFailed, TimeoutError) as error:
        sys.exit(str(error))
    finally:
        processes.stop()


if __name__ == "__main__":
    main()
