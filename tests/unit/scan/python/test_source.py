"""Finding images in Python: settings of every shape, never executed."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from cube_scan.findings import Kind, State, Way
from tests.support.scan_tree import images, scanned, texts, the_one

if TYPE_CHECKING:
    from pathlib import Path

    from cube_scan.scan import ScanReport


def found_in(tmp_path: Path, code: str) -> ScanReport:
    return scanned(tmp_path, {"config.py": textwrap.dedent(code)})


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("USER_IMAGE = 'acme/a:1'", ["acme/a:1"]),
        ("USER_IMAGE: str = 'acme/a:1'", ["acme/a:1"]),
        ("WAIT_IMAGE = 'nginx'", ["nginx:latest"]),
        ("IMAGES = [['acme/a:1', 'label'], ['acme/b:1', 'other']]", ["acme/a:1", "acme/b:1"]),
        ("IMAGES = {'tf': ['acme/a:1'], 'torch': {'gpu': 'acme/b:1'}}", ["acme/a:1", "acme/b:1"]),
        ("IMAGES = {'acme/a:1': 'a label'}", ["acme/a:1"]),
        ("IMAGES = dict(tf=['acme/a:1'])", ["acme/a:1"]),
        (
            "IMAGES = []\nIMAGES += ['acme/a:1']\nIMAGES.append('acme/b:1')",
            ["acme/a:1", "acme/b:1"],
        ),
        ("A, B_IMAGE = 'x', 'acme/a:1'", ["acme/a:1"]),
        ("X = {**{'worker_image': 'acme/a:1'}}", ["acme/a:1"]),
        ("form = {'images': Field(_('images'), default='acme/a')}", ["acme/a:latest"]),
        ("def f(x, image='acme/a:1', *, my_image='acme/b:1'): pass", ["acme/a:1", "acme/b:1"]),
        ("f = lambda image='acme/a:1': image", ["acme/a:1"]),
        ("run(image='acme/a:1')", ["acme/a:1"]),
        ("parser.add_argument('--image', help='the image', default='acme/a:1')", ["acme/a:1"]),
        ("conf.set('spark.kubernetes.container.image', 'acme/a:1')", ["acme/a:1"]),
        ("command = ['run', '--executor-image', 'acme/a:1']", ["acme/a:1"]),
        ("anything = 'registry.example.com/a:1'", ["registry.example.com/a:1"]),
        ("IMAGES = 'acme/a:1, acme/b:1'", ["acme/a:1", "acme/b:1"]),
    ],
)
def test_literals_are_found(tmp_path: Path, code: str, expected: list[str]) -> None:
    assert sorted(images(found_in(tmp_path, code))) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "ORG + 'a:1'",
        "ORG + 'a' + ':' + TAG",
        "f'{ORG}a:{TAG}'",
        "'%sa:%s' % (ORG, TAG)",
        "'%(org)sa:%(tag)s' % {'org': ORG, 'tag': TAG}",
        "'%(org)sa:%(tag)s' % dict(org=ORG, tag=TAG)",
        "'{}a:{}'.format(ORG, TAG)",
        "'{org}a:{0}'.format(TAG, org=ORG)",
        "'/'.join([ORG.rstrip('/'), 'a:1'])",
        "os.path.join(ORG, 'a:1')",
        "ORG.replace('quay.io', 'quay.io') + 'a:1'",
        "os.getenv('ORG', ORG) + 'a:1'",
        "TABLE['org']['name'] + 'a:1'",
        "TABLE.get('flat') + 'a:1'",
        "str(ORG) + 'a:' + str(NUMBER)",
    ],
)
def test_texts_are_put_together(tmp_path: Path, expression: str) -> None:
    code = f"""\
        import os
        ORG = 'quay.io/acme/'
        TAG = '1'
        NUMBER = 1
        TABLE = {{'org': {{'name': ORG}}, 'flat': ORG}}
        RESULT = {expression}
        """
    found = the_one(found_in(tmp_path, code), "quay.io/acme/a:1")

    assert (found.place.line, found.way) == (6, Way.PYTHON)


@pytest.mark.parametrize(
    "expression",
    [
        "os.environ.get('MY_IMAGE', 'acme/a:1')",
        "os.getenv('MY_IMAGE', default='acme/a:1')",
        "os.environ.get('MY_IMAGE') or 'acme/a:1'",
        "os.environ['MY_IMAGE'] if 'MY_IMAGE' in os.environ else 'acme/a:1'",
    ],
)
def test_environment_fall_backs_are_found(tmp_path: Path, expression: str) -> None:
    report = found_in(tmp_path, f"import os\nMY_IMAGE = {expression}\n")

    assert list(images(report)) == ["acme/a:1"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("MY_IMAGE = os.environ['MY_IMAGE']", "${MY_IMAGE}"),
        ("X = os.environ['REGISTRY'] + '/a:1'", "${REGISTRY}/a:1"),
        ("X = f'quay.io/acme/a:{version()}'", "quay.io/acme/a:${version()}"),
        ("IMAGE = ORG + 'a:1'", "${ORG}a:1"),
        ("IMAGE = 'a:%s' % tag", "a:${tag}"),
        ("IMAGE = f'{repository}:{tag}'", "${repository}:${tag}"),
        ("IMAGE = 'quay.io/acme/a:' + str(1 + 2)", "quay.io/acme/a:${1 + 2}"),
        ("os.system('docker pull ' + image)", "${image}"),
        ("print('docker pull %s &' % a.replace('/', '-'))", "${a_replace}"),
    ],
)
def test_what_cannot_be_told_is_told_in_part(tmp_path: Path, code: str, told: str) -> None:
    report = found_in(tmp_path, code)

    assert texts(report, Kind.UNKNOWN) == [told]
    assert not report.references


def test_a_name_is_what_it_was_last_given(tmp_path: Path) -> None:
    code = """\
        ORG = 'quay.io/old/'
        ORG = 'quay.io/new/'
        USER_IMAGE = ORG + 'a:1'
        ORG = 'quay.io/later/'
        """
    assert list(images(found_in(tmp_path, code))) == ["quay.io/new/a:1"]


def test_every_branch_counts(tmp_path: Path) -> None:
    code = """\
        if gpu:
            BASE = 'acme/gpu'
        else:
            BASE = 'acme/cpu'
        MY_IMAGE = BASE + ':1'
        OTHER_IMAGE = 'acme/x:1' if gpu else 'acme/y:1'
        """
    found = images(found_in(tmp_path, code))

    assert sorted(found) == ["acme/cpu:1", "acme/gpu:1", "acme/x:1", "acme/y:1"]


def test_loops_over_what_is_written_out_are_followed(tmp_path: Path) -> None:
    code = """\
        A_IMAGES = [f'acme/a:{tag}' for tag in ('1', '2')]
        for name in ['b', 'c']:
            pull('quay.io/acme/' + name + ':1')
        """
    found = images(found_in(tmp_path, code))

    assert sorted(found) == ["acme/a:1", "acme/a:2", "quay.io/acme/b:1", "quay.io/acme/c:1"]


def test_a_name_built_from_itself_comes_to_an_end(tmp_path: Path) -> None:
    code = "X = 'quay.io/a'\n" + "X = X + X\n" * 60 + "def f():\n    return X + ':1'\n"

    assert found_in(tmp_path, code).problems == ()


def test_class_and_function_scopes_are_followed(tmp_path: Path) -> None:
    code = """\
        ORG = 'quay.io/outer/'
        class Settings:
            ORG = 'quay.io/inner/'
            WORKER_IMAGE = ORG + 'worker:1'
            def image(self):
                tag = 'v'
                tag += '2'
                return self.ORG + 'method:' + tag
        MY_IMAGE = ORG + 'mine:1'
        """
    found = images(found_in(tmp_path, code))

    assert sorted(found) == [
        "quay.io/inner/method:v2",
        "quay.io/inner/worker:1",
        "quay.io/outer/mine:1",
    ]


def test_other_modules_read_settings_by_name(tmp_path: Path) -> None:
    files = {
        "config.py": "REPOSITORY_ORG = 'ccr.example.com/org/'\n",
        "views/view.py": "from myapp import conf\n"
        'a = f\'{conf.get("REPOSITORY_ORG", "")}notebook:1\'\n'
        "b = conf['REPOSITORY_ORG'] + 'other:1'\n"
        "c = app.config.REPOSITORY_ORG + 'third:1'\n",
    }
    assert images(scanned(tmp_path, files)) == {
        "ccr.example.com/org/notebook:1": ["views/view.py:2"],
        "ccr.example.com/org/other:1": ["views/view.py:3"],
        "ccr.example.com/org/third:1": ["views/view.py:4"],
    }


def test_manifests_written_in_python_keep_their_lines(tmp_path: Path) -> None:
    code = '''\
        POD = """
        kind: Pod
        spec:
          containers:
          - image: acme/pod:1
        """
        '''
    assert images(found_in(tmp_path, code)) == {"acme/pod:1": ["config.py:5"]}


def test_manifests_that_a_program_fills_in_keep_what_is_written_out(tmp_path: Path) -> None:
    code = '''\
        POD = f"""
        kind: Pod
        metadata: {{name: {name}}}
        spec:
          initContainers:
          - image: acme/barrier
          containers:
          - image: {image}
          - image: quay.io/acme/worker:{version}
          volumes:
          - hostPath: {{path: "/mnt/{user.name}/log"}}
        """
        '''
    report = found_in(tmp_path, code)

    assert images(report) == {"acme/barrier:latest": ["config.py:6"]}
    assert texts(report, Kind.UNKNOWN) == ["quay.io/acme/worker:${version}"]


def test_commands_with_holes_keep_what_is_written_out(tmp_path: Path) -> None:
    code = "run(f'kubectl run {name} --image=quay.io/acme/tool:1 --env A={a}')"

    assert list(images(found_in(tmp_path, code))) == ["quay.io/acme/tool:1"]


def test_docstrings_comments_and_help_ask_for_nothing(tmp_path: Path) -> None:
    code = """\
        def f():
            'Runs quay.io/acme/a:1.'
            # quay.io/acme/b:1
        parser.add_argument('--image', help='such as quay.io/acme/c:1')
        """
    assert found_in(tmp_path, code).findings == ()


@pytest.mark.parametrize(
    "code",
    [
        "IMAGE_PULL_POLICY = 'Always'",
        "LOGO_IMAGE = '/static/logo.png'",
        "image = cv2.imread('a/b.jpg')",
        "REPOSITORY_ORG = 'ccr.example.com/org/'",
        "name = 'python3.9'",
        "path = '/data/a:/b'",
        "metric = {'image': os.path.join(folder, 'roc.png')}",
        "fields = {'images': [['name', Creator, None]]}",
        "form = {'images': {'type': 'str', 'item_type': 'str', 'label': 'what to run'}}",
    ],
)
def test_what_is_no_image_is_not_told(tmp_path: Path, code: str) -> None:
    assert found_in(tmp_path, code).findings == ()


def test_a_bare_word_among_images_cannot_be_told(tmp_path: Path) -> None:
    report = found_in(tmp_path, "WARM_IMAGES = ['redis', 'hyperparam-search']")

    assert list(images(report)) == ["redis:latest"]
    assert texts(report, Kind.UNKNOWN) == ["hyperparam-search"]


def test_nothing_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    code = f"MY_IMAGE = open({str(marker)!r}, 'w').name\n__import__('os').mkdir({str(marker)!r})\n"

    found_in(tmp_path, code)

    assert not marker.exists()


def test_a_syntax_error_is_told_and_the_lines_are_searched(tmp_path: Path) -> None:
    report = found_in(tmp_path, "USER_IMAGE = 'acme/a:1'\nprint 'python two'\n")

    assert list(images(report)) == ["acme/a:1"]
    assert [(problem.line, problem.severity) for problem in report.problems] == [(2, "error")]


def test_without_a_recipe_everything_counts_as_used(tmp_path: Path) -> None:
    report = found_in(tmp_path, "USER_IMAGE = 'acme/a:1'")

    assert the_one(report, "acme/a:1").state is State.UNPLACED
    assert the_one(report, "acme/a:1").state.is_used
