import asyncio

from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor

from finlit.dialogue.actions_here import ActionsHere
from finlit.settings import overridden

TRACKER = {"sender_id": "web-1", "slots": {}, "latest_message": {}, "events": [], "paused": False,
           "followup_action": None, "active_loop": {}, "latest_action_name": "action_listen"}  # fmt: skip


def answer(work):
    class ActionUnderTest(Action):
        def name(self):
            return "action_under_test"

        async def run(self, dispatcher, tracker, domain):
            return await work(dispatcher, tracker)

    executor = ActionExecutor()
    executor.register_action(ActionUnderTest)
    return asyncio.run(ActionsHere(executor).request(json={"next_action": "action_under_test", "tracker": TRACKER}))


def responses(result):
    return [each["response"] for each in result["responses"]]


def test_an_action_answers_as_it_would_behind_http():
    async def work(dispatcher, tracker):
        dispatcher.utter_message(response="utter_greet")
        return [{"event": "slot", "name": "seen", "value": tracker.sender_id}]

    result = answer(work)
    assert responses(result) == ["utter_greet"]
    assert [(event["name"], event["value"]) for event in result["events"]] == [("seen", "web-1")]


def test_a_customer_whose_action_breaks_gets_an_apology_and_nothing_of_what_was_half_done():
    async def work(dispatcher, tracker):
        dispatcher.utter_message(response="utter_greet")
        raise KeyError("a figure")

    assert answer(work) == {"events": [], "responses": [{"response": "utter_service_down"}]}


def test_an_action_that_never_ends_is_apologised_for_in_time():
    with overridden(action_timeout=0.05):
        assert responses(answer(lambda *_: asyncio.sleep(30))) == ["utter_service_down"]


def test_an_action_that_is_not_there_is_apologised_for():
    call = {"next_action": "action_nobody_wrote", "tracker": TRACKER}
    assert responses(asyncio.run(ActionsHere(ActionExecutor()).request(json=call))) == ["utter_service_down"]
