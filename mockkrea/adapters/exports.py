"""`POST /export/3d`: a 3D job's model in another format.

Nothing is made or kept by the call: the file at the URL is made when somebody fetches it, like all
files, and there as long as the job is.
"""

from __future__ import annotations

from mockkrea import calls
from mockkrea.adapters import hosts
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.core.clock import iso_date
from mockkrea.core.errors import IllegalMove, InvalidInput, Issue
from mockkrea.core.fields import FieldLanguage
from mockkrea.core.forms import PlainInputSpec
from mockkrea.core.jobs import FileRole, Status
from mockkrea.media.media_files import export_path
from mockkrea.media.sculpture import ExportFormat
from mockkrea.tenant import Tenant

FIELDS = {"job_id!": "text", "file_format!": " | ".join(ExportFormat)}


class Exports:
    """The route, with the form of its body."""

    def __init__(self) -> None:
        self._form = PlainInputSpec.read("export/3d", FIELDS, FieldLanguage())

    async def create(self, tenant: Tenant, request: Request) -> Answer:
        """`POST /export/3d`.

        Raises:
            InvalidInput: the body breaks its schema, or the job makes, or has made, no 3D model.
            NotFound: no such job in the caller's workspace.
            IllegalMove: the job has not completed.
        """
        caller = await calls.identify(tenant, request.bearer)
        body, _ = await request.json()
        wanted = tenant.validation.normalise(self._form, body, on_date=lambda: iso_date(tenant.now_us()))
        job = await tenant.query(lambda state: state.job(caller.workspace_id, str(wanted["job_id"])))
        if FileRole.MODEL not in job.files:
            raise _without_model(f"names a job of {job.order.model}, which makes no 3D model.")
        if job.status is not Status.COMPLETED:
            raise IllegalMove(f"Job {job.id} is {job.status}; only a completed job can be exported.")
        if not job.has_made:
            raise _without_model("names a job that completed without a 3D model.")
        path = export_path(job, ExportFormat(str(wanted["file_format"])))
        return json_answer({"url": hosts.url(request.base_url, path)})


def _without_model(told: str) -> InvalidInput:
    return InvalidInput([Issue("/job_id", f"/job_id {told}")])
