"""Settings of the platform, for a network of its own.

Assignments at the top are a site's; stack.yaml sets them. Passwords and keys come from the
environment, which takes them from Secrets.
"""

import os
from pathlib import Path
from urllib.parse import quote_plus

from celery.schedules import crontab
from flask_appbuilder.security.manager import AUTH_DB
from myapp.stats_logger import DummyStatsLogger

# -- what a site sets ------------------------------------------------------------------------------

# Addresses for notebooks and services, each ADDRESS or INSIDE|OUTSIDE.
SERVICE_EXTERNAL_IP = []
# Prefixes that the platform puts before short image names: with a slash at the end.
REPOSITORY_ORG = "ccr.ccs.tencentyun.com/cube-studio/"
PUSH_REPOSITORY_ORG = "ccr.ccs.tencentyun.com/cube-studio/"
# How kube-proxy works: ipvs makes services node ports.
NETWORK_IPVS = False
# docker, containerd or rke2.
CONTAINER_RUNTIME = "docker"
# Directory of the shared storage on the nodes.
STORAGE_ROOT = "/data/k8s"
# Whether a name that nobody has becomes an account when it logs in.
LOGIN_REGISTERS = False

# -- images that users choose from -----------------------------------------------------------------

USER_IMAGE = "ccr.ccs.tencentyun.com/cube-studio/ubuntu-gpu:cuda11.8.0-cudnn8-python3.9"
NNI_IMAGES = "ccr.ccs.tencentyun.com/cube-studio/nni:20240501"
DOCKER_IMAGES = "docker:23.0.4"
NERDCTL_IMAGES = "ccr.ccs.tencentyun.com/cube-studio/nerdctl:1.7.2"
NOTEBOOK_IMAGES = [
    ["ccr.ccs.tencentyun.com/cube-studio/notebook:vscode-ubuntu-cpu-base", "vscode (cpu)"],
    ["ccr.ccs.tencentyun.com/cube-studio/notebook:vscode-ubuntu-gpu-base", "vscode (gpu)"],
    ["ccr.ccs.tencentyun.com/cube-studio/notebook:jupyter-ubuntu22.04", "jupyter (cpu)"],
    [
        "ccr.ccs.tencentyun.com/cube-studio/notebook:jupyter-ubuntu22.04-cuda11.8.0-cudnn8",
        "jupyter (gpu)",
    ],
    [
        "ccr.ccs.tencentyun.com/cube-studio/notebook:jupyter-ubuntu-bigdata",
        "jupyter (big data)",
    ],
    [
        "ccr.ccs.tencentyun.com/cube-studio/notebook:jupyter-ubuntu-machinelearning",
        "jupyter (machine learning)",
    ],
    [
        "ccr.ccs.tencentyun.com/cube-studio/notebook:jupyter-ubuntu-deeplearning",
        "jupyter (deep learning)",
    ],
]
# The platform's own spelling of the name.
INFERNENCE_IMAGES = {
    "tfserving": [
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.14.1-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.14.1",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.13.1-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.13.1",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.12.2-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.12.2",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.11.1-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.11.1",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.10.1-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.10.1",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.9.3-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.9.3",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.8.4-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.8.4",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.7.4-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.7.4",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.6.5-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.6.5",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.5.4-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.5.4",
    ],
    "torch-server": [
        "ccr.ccs.tencentyun.com/cube-studio/torchserve:0.9.0-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/torchserve:0.9.0-cpu",
        "ccr.ccs.tencentyun.com/cube-studio/torchserve:0.8.2-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/torchserve:0.8.2-cpu",
        "ccr.ccs.tencentyun.com/cube-studio/torchserve:0.7.1-gpu",
        "ccr.ccs.tencentyun.com/cube-studio/torchserve:0.7.1-cpu",
    ],
    "onnxruntime": [
        "ccr.ccs.tencentyun.com/cube-studio/onnxruntime:latest",
        "ccr.ccs.tencentyun.com/cube-studio/onnxruntime:latest-cuda",
    ],
    "triton-server": [
        "ccr.ccs.tencentyun.com/cube-studio/tritonserver:24.01-py3",
        "ccr.ccs.tencentyun.com/cube-studio/tritonserver:23.12-py3",
        "ccr.ccs.tencentyun.com/cube-studio/tritonserver:22.12-py3",
        "ccr.ccs.tencentyun.com/cube-studio/tritonserver:21.12-py3",
        "ccr.ccs.tencentyun.com/cube-studio/tritonserver:20.12-py3",
    ],
}
# A node that has an image need not reach the registry.
IMAGE_PULL_POLICY = "IfNotPresent"
HUBSECRET = ["hubsecret"]

# -- database and queue ----------------------------------------------------------------------------


class DatabaseAddress(str):
    """An address with a password that is not in what is printed: the platform prints it."""

    def __str__(self):
        before, _, after = self.rpartition("@")
        return f"{before.rpartition(':')[0]}:***@{after}"

    __repr__ = __str__


_DATABASE = "mysql+pymysql://{}:{}@{}:{}/{}?charset=utf8".format(
    quote_plus(os.environ.get("MYSQL_USER", "root")),
    quote_plus(os.environ.get("MYSQL_PASSWORD", "")),
    os.environ.get("MYSQL_HOST", "mysql-service.infra"),
    os.environ.get("MYSQL_PORT", "3306"),
    os.environ.get("MYSQL_DATABASE", "kubeflow"),
)
# Where the platform has no settings at hand it takes the address from here.
os.environ["MYSQL_SERVICE"] = _DATABASE
SQLALCHEMY_DATABASE_URI = DatabaseAddress(_DATABASE)
SQLALCHEMY_BINDS = {}
SQLALCHEMY_TRACK_MODIFICATIONS = False
# For each of 20 server processes; the database takes 1000 connections.
SQLALCHEMY_POOL_SIZE = 10
SQLALCHEMY_MAX_OVERFLOW = 30
# Connections are given up before the database or a firewall does so.
SQLALCHEMY_POOL_RECYCLE = 300

REDIS_HOST = os.environ.get("REDIS_HOST", "redis-master.infra")
REDIS_PORT = os.environ.get("REDIS_PORT", "6379")
REDIS_PASSWORD = os.environ.get("REDIS_PASSWORD", "")
_REDIS = f"redis://:{quote_plus(REDIS_PASSWORD)}@{REDIS_HOST}:{REDIS_PORT}"
SOCKETIO_MESSAGE_QUEUE = f"{_REDIS}/2"
CACHE_DEFAULT_TIMEOUT = 24 * 3600
CACHE_CONFIG = {
    "CACHE_TYPE": "redis",
    "CACHE_REDIS_HOST": REDIS_HOST,
    "CACHE_REDIS_PORT": int(REDIS_PORT),
    "CACHE_REDIS_URL": f"{_REDIS}/1",
    "CACHE_DEFAULT_TIMEOUT": CACHE_DEFAULT_TIMEOUT,
}


def _limits(rate, seconds):
    """So often at most, given up after that time, and not begun again: the next round will do."""
    return {
        "rate_limit": rate,
        "soft_time_limit": seconds,
        "expires": seconds,
        "max_retries": 0,
        "reject_on_worker_lost": False,
    }


def _every(task, **times):
    return {"task": f"task.{task}", "schedule": crontab(**times)}


# Tasks that run beside the pages, and when.
CELERY_CONFIG = {
    "broker_url": f"{_REDIS}/0",
    "result_backend": f"{_REDIS}/0",
    "broker_connection_retry_on_startup": True,
    "imports": ("myapp.tasks",),
    "timezone": os.environ.get("TZ", "Asia/Shanghai"),
    "enable_utc": False,
    "result_expires": 3600,
    "task_ignore_result": True,
    # A worker that dies loses no task, and one that fails is not begun again.
    "task_acks_late": True,
    "task_acks_on_failure_or_timeout": True,
    "task_send_sent_event": True,
    "worker_prefetch_multiplier": 10,
    "worker_max_tasks_per_child": 12000,
    "worker_redirect_stdouts_level": "DEBUG",
    "task_annotations": {
        "task.delete_workflow": {**_limits("1/h", 600), "expires": 3600},
        "task.make_timerun_config": _limits("1/m", 300),
        "task.check_docker_commit": _limits("1/s", 600),
        "task.check_notebook_commit": _limits("1/s", 600),
        "task.upgrade_service": _limits("1/s", 3600),
        "task.get_k8s_resource": _limits("1/s", 300),
        "task.upload_workflow": _limits("10/s", 600),
        "task.check_pod_terminating": _limits("1/s", 600),
        "task.exec_command": _limits("1/s", 600),
    },
    "beat_schedule": {
        "task_make_timerun_config": _every("make_timerun_config", minute="*/5"),
        "task_check_pod_terminating": _every("check_pod_terminating", minute="*/10"),
        "task_delete_workflow": _every("delete_workflow", minute="1"),
        "task_watch_gpu": _every("watch_gpu", minute="10", hour="8-23/2"),
        "task_delete_old_data": _every("delete_old_data", minute="1", hour="1"),
        "task_check_pipeline_run": _every("check_pipeline_run", minute="10", hour="11"),
        "task_watch_pod_utilization": _every("watch_pod_utilization", minute="10", hour="11"),
        "task_delete_debug_docker": _every("delete_debug_docker", minute="30", hour="23"),
    },
}

# -- pages -----------------------------------------------------------------------------------------

BASE_DIR = str(Path(__file__).resolve().parent)
DATA_DIR = os.environ.get("MYAPP_HOME", str(Path.home() / ".myapp"))
APP_NAME = "Cube-Studio"
APP_THEME = "readable.css"
APP_ICON = "/static/assets/images/myapp-logo.png"
STATS_LOGGER = DummyStatsLogger()
DEBUG = False
SHOW_STACKTRACE = False
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s:%(levelname)s:%(name)s:%(message)s"
SILENCE_FAB = True
ENABLE_FLASK_COMPRESS = True
SEND_FILE_MAX_AGE_DEFAULT = 300
CSV_EXPORT = {"encoding": "utf_8_sig"}

FAB_UPDATE_PERMS = True
FAB_STATIC_FOLDER = BASE_DIR + "/static/appbuilder/"
FAB_API_MAX_PAGE_SIZE = 2000
UPLOAD_FOLDER = IMG_UPLOAD_FOLDER = BASE_DIR + "/static/file/uploads/"
IMG_UPLOAD_URL = "/static/file/uploads/"
DOWNLOAD_FOLDER = BASE_DIR + "/static/file/download/"
DOWNLOAD_URL = "/static/file/download/"

# The seed data are written in Chinese; a browser's language decides what a user sees.
BABEL_DEFAULT_LOCALE = "zh"
BABEL_DEFAULT_FOLDER = "myapp/translations"
LANGUAGES = {
    "zh": {"flag": "cn", "name": "Chinese"},
    "en": {"flag": "us", "name": "English"},
}

# Nothing of this is in an intranet: an empty address takes the link from the pages. GIT_URL is put
# before the paths of sources; a site with a mirror names it here.
GIT_URL = ""
DOCUMENTATION_URL = ""
BUG_REPORT_URL = ""
HELP_URL = {}
TROUBLESHOOTING_LINK = ""
PERMISSION_INSTRUCTIONS_LINK = ""
CHATGPT_TOKEN = []
CHATGPT_CHAT_URL = []
CHATGPT_ARGS = {}

# -- who may do what -------------------------------------------------------------------------------

AUTH_TYPE = AUTH_DB
AUTH_USER_REGISTRATION = False
AUTH_USER_REGISTRATION_ROLE = "Gamma"
# True would let a cookie with somebody's name be that person.
AUTH_PLATFORM_ACCESS = False
AUTH_HEADER_NAME = "Authorization"
REMEMBER_COOKIE_NAME = "remember_token"
OAUTH_PROVIDERS = []
ADMIN_USER = "admin"
ROBOT_PERMISSION_ROLES = []
SECRET_KEY = os.environ.get("SESSION_KEY", "")
JWT_PASSWORD = os.environ.get("TOKEN_KEY", "")
SESSION_COOKIE_SAMESITE = "Lax"
COOKIE_DOMAIN = ""
# The pages send no tokens of their own; cookies that other sites cannot use are what protects them.
WTF_CSRF_ENABLED = False
WTF_CSRF_EXEMPT_LIST = []
ENABLE_CORS = False
CORS_OPTIONS = {}
HTTP_HEADERS = {}
TALISMAN_ENABLED = False
ENABLE_PROXY_FIX = False

# -- mail, and what older code asks for ------------------------------------------------------------

EMAIL_NOTIFICATIONS = False
SMTP_HOST = "localhost"
SMTP_PORT = 25
SMTP_STARTTLS = True
SMTP_SSL = False
SMTP_USER = SMTP_PASSWORD = SMTP_MAIL_FROM = ""
ENABLE_TIME_ROTATE = False
TIME_ROTATE_LOG_LEVEL = "INFO"
FILENAME = DATA_DIR + "/myapp.log"
ROLLOVER = "midnight"
INTERVAL = 1
BACKUP_COUNT = 30
BLUEPRINTS = []
ADDITIONAL_MIDDLEWARE = []
DEFAULT_FEATURE_FLAGS = {"CLIENT_CACHE": False, "ENABLE_EXPLORE_JSON_CSRF_PROTECTION": False}
GET_FEATURE_FLAGS_FUNC = None
FLASK_APP_MUTATOR = None
ENABLE_ACCESS_REQUEST = True
TALISMAN_CONFIG = {}

# -- clusters --------------------------------------------------------------------------------------

ENVIRONMENT = os.environ.get("ENVIRONMENT", "dev").lower()


def _clusters(folder):
    """This cluster, for which there need be no file, and one for each NAME-kubeconfig."""
    names = {path.name[: -len("-kubeconfig")] for path in folder.glob("*-kubeconfig")}
    found = {}
    for name in sorted(names | {ENVIRONMENT}):
        found[name] = {
            "NAME": name,
            "KUBECONFIG": str(folder / f"{name}-kubeconfig"),
            "SERVICE_DOMAIN": "service.local.com",
        }
        entry = folder / f"{name}-entry"
        if entry.is_file():
            found[name]["HOST"] = entry.read_text().strip()
    return found


# Files of ConfigMap kubernetes-config.
CLUSTERS = _clusters(Path(os.environ.get("KUBECONFIGS", "/home/myapp/kubeconfig")))
HOST = CLUSTERS[ENVIRONMENT].get("HOST") or (
    SERVICE_EXTERNAL_IP[0].split("|")[-1] if SERVICE_EXTERNAL_IP else None
)
K8S_NETWORK_MODE = "ipvs" if str(NETWORK_IPVS).lower() == "true" else "iptables"
SERVICE_DOMAIN = "service.svc.cluster.local"
HOSTALIASES = ""
# A service must not take the kubelet's port.
BLACK_PORT = [10250]

PIPELINE_NAMESPACE = "pipeline"
SERVICE_PIPELINE_NAMESPACE = SERVICE_NAMESPACE = "service"
AUTOML_NAMESPACE = "automl"
NOTEBOOK_NAMESPACE = "jupyter"
AIHUB_NAMESPACE = "aihub"
HUBSECRET_NAMESPACE = [
    PIPELINE_NAMESPACE,
    AUTOML_NAMESPACE,
    NOTEBOOK_NAMESPACE,
    SERVICE_NAMESPACE,
    AIHUB_NAMESPACE,
]
JUPYTER_ACCOUNTS = ""

_DAY = 24 * 3600


def _resource(group, version, plural, kind, days=2):
    """A kind of job; what is older than the time-out is cleared away."""
    return {
        "group": group,
        "version": version,
        "plural": plural,
        "kind": kind,
        "timeout": days * _DAY,
    }


CRD_INFO = {
    "workflow": _resource("argoproj.io", "v1alpha1", "workflows", "Workflow"),
    "mpijob": _resource("kubeflow.org", "v1", "mpijobs", "MPIJob"),
    "tfjob": _resource("kubeflow.org", "v1", "tfjobs", "TFJob"),
    "xgbjob": _resource("kubeflow.org", "v1", "xgboostjobs", "XGBoostJob"),
    "pytorchjob": _resource("kubeflow.org", "v1", "pytorchjobs", "PyTorchJob"),
    "paddlejob": _resource("kubeflow.org", "v1", "paddlejobs", "PaddleJob"),
    "mxjob": _resource("kubeflow.org", "v1", "mxjobs", "MXJob"),
    "vcjob": _resource("batch.volcano.sh", "v1alpha1", "jobs", "Job"),
    "sparkjob": _resource(
        "sparkoperator.k8s.io", "v1beta2", "sparkapplications", "SparkApplication"
    ),
    "virtualservice": _resource(
        "networking.istio.io", "v1alpha3", "virtualservices", "VirtualService", days=1
    ),
}

# Each task of a pipeline gets these; what is in braces is filled in for it.
GLOBAL_ENV = {
    "KFJ_PIPELINE_ID": "{{pipeline_id}}",
    "KFJ_PIPELINE_NAME": "{{pipeline_name}}",
    "KFJ_RUN_ID": "{{uuid.uuid4().hex}}",
    "KFJ_CREATOR": "{{creator}}",
    "KFJ_RUNNER": "{{runner}}",
    "KFJ_MODEL_REPO_API_URL": "http://kubeflow-dashboard.infra",
    "KFJ_ARCHIVE_BASE_PATH": "/archives",
    "KFJ_NAMESPACE": PIPELINE_NAMESPACE,
    "KFJ_ENVIRONMENT": "{{cluster_name}}",
}

# -- jobs ------------------------------------------------------------------------------------------

PIPELINE_TASK_CRON_RESOLUTION = 10
MAX_TASK_CPU = 50
MAX_TASK_MEM = 100
MAX_TASK_GPU = 8
ENABLE_TASK_APPROVE = False
GPU_RESOURCE = {"gpu": "nvidia.com/gpu"}
DEFAULT_GPU_RESOURCE_NAME = "nvidia.com/gpu"
# A pod that asks for no GPU must not see one that others use.
GPU_NONE = {"gpu": ["NVIDIA_VISIBLE_DEVICES", "none"]}
VGPU_RESOURCE = {}
VGPU_DRIVE_TYPE = "vgpu"
RDMA_RESOURCE_NAME = ""
RDMA_RESOURCE = {}
DEFAULT_POD_RESOURCES = {}
NOTEBOOK_EXCLUSIVE = False
SERVICE_EXCLUSIVE = False
# Templates that are known by name: those whose image the user says.
CUSTOMIZE_JOB = "自定义镜像"
LOGICAL_JOB = "logical"
PYTHON_JOB = "python"

_SOCKETS = {
    "docker": "",
    "containerd": (
        "/etc/containerd/(hostpath):/etc/containerd/,"
        "/run/containerd/containerd.sock(hostpath):/run/containerd/containerd.sock"
    ),
    "rke2": (
        "/var/lib/rancher/rke2/agent/etc/containerd/(hostpath):/etc/containerd/,"
        "/run/k3s/containerd/containerd.sock(hostpath):/run/containerd/containerd.sock"
    ),
}
CONTAINER_CLI = "docker" if CONTAINER_RUNTIME == "docker" else "nerdctl"
DOCKER_SOCKET = "/var/run/docker.sock(hostpath):/var/run/docker.sock"
CONTAINERD_SOCKET = _SOCKETS[CONTAINER_RUNTIME]

# -- shared storage --------------------------------------------------------------------------------

WORKSPACE_HOST_PATH = STORAGE_ROOT + "/kubeflow/pipeline/workspace"
ARCHIVES_HOST_PATH = STORAGE_ROOT + "/kubeflow/pipeline/archives"
# As the platform's own pods see it.
CHECK_WORKSPACE_SIZE = [
    "/data/k8s/kubeflow/pipeline/workspace",
    "/data/k8s/kubeflow/pipeline/archives",
]
DELETE_OLD_DATA = [
    "/data/k8s/kubeflow/minio/mlpipeline",
    "/data/k8s/kubeflow/minio/mlpipeline/pipelines",
    "/data/k8s/kubeflow/minio/mlpipeline/artifacts",
]
DATASET_SAVEPATH = "/dataset/"
# No storage outside.
STORE_TYPE = ""
STORE_CONFIG = {}
MINIO_HOST = "minio.kubeflow:9000"

# -- other pages -----------------------------------------------------------------------------------

PROMETHEUS = "prometheus-k8s.monitoring:9090"
K8S_DASHBOARD_CLUSTER = "/k8s/dashboard/cluster/"
K8S_DASHBOARD_USER = "/k8s/dashboard/user1/"
GRAFANA_TASK_PATH = "/grafana/d/pod-info/pod-info?var-pod="
GRAFANA_SERVICE_PATH = "/grafana/d/istio-service/istio-service?var-namespace=service&var-service="
GRAFANA_CLUSTER_PATH = "/grafana/d/all-node/all-node?var-org="
GRAFANA_NODE_PATH = "/grafana/d/node/node?var-node="
GRAFANA_GPU_PATH = "/grafana/d/dcgm/gpu"
SERVICE_PIPELINE_ZIPKIN = ""
SERVICE_PIPELINE_JAEGER = ""
ENABEL_ALERT_HOMEPAGE = True
ALL_LINKS = [
    {
        "label": "K8s Dashboard",
        "name": "kubernetes_dashboard",
        "url": "/k8s/dashboard/cluster/#/pod?namespace=infra",
    },
    {
        "label": "Grafana",
        "name": "grafana",
        "url": "/grafana/d/pod-info/pod-info?orgId=1&refresh=5s&from=now-15m&to=now",
    },
]
# Where the pages have each kind of thing.
MODEL_URLS = {
    "sqllab": "/frontend/data/datasearch/data_search",
    "metadata_table": "/frontend/data/metadata/metadata_table",
    "data_blood": "/frontend/data/metadata/data_blood",
    "metadata_metric": "/frontend/data/metadata/metadata_metric",
    "dimension": "/frontend/data/metadata/metadata_dimension",
    "dataset": "/frontend/data/media_data/dataset",
    "label_platform": "/frontend/data/media_data/label_platform",
    "repository": "/frontend/dev/images/docker_repository",
    "docker": "/frontend/dev/images/docker",
    "template_images": "/frontend/dev/images/template_images",
    "notebook": "/frontend/dev/dev_online/notebook",
    "etl_pipeline": "/frontend/dev/data_pipeline/etl_pipeline",
    "etl_task": "/frontend/dev/data_pipeline/task_manager",
    "etl_task_instance": "/frontend/dev/data_pipeline/instance_manager",
    "job_template": "/frontend/train/train_template/job_template",
    "pipeline": "/frontend/train/train_task/pipeline",
    "runhistory": "/frontend/train/train_task/runhistory",
    "workflow": "/frontend/train/train_task/workflow",
    "nni": "/frontend/train/automl/hyperparameter_search",
    "total_resource": "/frontend/service/total_resource",
    "service": "/frontend/service/k8s_service",
    "train_model": "/frontend/service/inferenceservice/model_manager",
    "inferenceservice": "/frontend/service/inferenceservice/inferenceservice_manager",
    "model_market_visual": "/frontend/ai_hub/model_market/model_visual",
    "model_market_voice": "/frontend/ai_hub/model_market/model_voice",
    "model_market_language": "/frontend/ai_hub/model_market/model_language",
}
