"""``config.yml`` and the code say the same."""

import yaml

from finlit.settings import PROJECT_ROOT


def test_the_classifiers_own_thresholds_are_those_of_the_configuration():
    from finlit.nlu.question_classifier import QuestionClassifier

    pipeline = yaml.safe_load((PROJECT_ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    (written,) = [each for each in pipeline if each["name"].endswith(".QuestionClassifier")]
    defaults = QuestionClassifier.get_default_config()
    assert {name: defaults[name] for name in written if name != "name"} == {
        name: value for name, value in written.items() if name != "name"
    }
