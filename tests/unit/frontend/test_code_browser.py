from fake_api import press, texts

from frontend.hierarchy import label


def test_the_way_from_the_chapters_to_a_code(open_page):
    app = open_page("code_browser")
    app = press(app, "**9** Diseases of the circulatory system (I00-I99)")
    app = press(app, "**I10-I1A** Hypertensive diseases (I10-I1A)")
    app = press(app, "**I10** Essential (primary) hypertension :green-badge[Billable]")
    assert app.query_params["code"] == "I10"
    app = press(app, "› I10-I1A")
    assert app.query_params["code"] == "I10-I1A"
    app = press(app, "Chapters")
    assert "code" not in app.query_params


def test_a_link_opens_a_code_with_its_notes(open_page):
    said = texts(open_page("code_browser", code="I10"))
    assert "I10 Essential (primary) hypertension :green-badge[Billable]" in said
    assert "**Includes**\n\n- high blood pressure" in said
    assert "Excludes2: not included here, may be coded too" in said


def test_a_search_leads_to_a_code_and_back_to_what_was_found(open_page):
    app = open_page("code_browser")
    app.text_input(key="words").set_value("renovascular").run()
    app = press(app, next(button.label for button in app.button if "I15.9" in button.label))
    assert "I15.9 Secondary hypertension" in texts(app)
    app = press(app, "Results for “renovascular”")
    assert "I15.9" in app.button[0].label


def test_an_unknown_code_says_so(open_page):
    assert "no such code" in open_page("code_browser", code="Z99999").error[0].value


def test_the_api_down_leaves_the_search_usable(open_page, api):
    api.down = True
    app = open_page("code_browser")
    assert "make run" in app.error[0].value
    assert app.text_input(key="words")
    api.down = False
    assert not press(app, "Try again").error


def test_a_matched_term_is_told_only_where_it_says_more():
    code = {"code": "I10", "description": "Essential (primary) hypertension", "billable": False}
    assert label({**code, "matched": "hypertension"}) == "**I10** Essential (primary) hypertension"
    assert label({**code, "matched": "HTN"}) == "**I10** Essential (primary) hypertension :gray[(HTN)]"
