"""Images: what is asked for, what comes, what is kept, and the commands and events about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from voiceapp.core.image_offer import Estimate, ImageOffer
from voiceapp.core.speech import Usage

if TYPE_CHECKING:  # core.events joins these events to its union
    from voiceapp.core.events import Problem


SAID = "said"
"""Jobs that were asked for in the conversation begin so."""


@dataclass(frozen=True)
class ImageOptions:
    """How to draw. "" leaves a choice to the model; *partials*: previews wanted while it draws."""

    model: str = ""
    size: str = ""
    quality: str = ""
    background: str = ""
    format: str = ""
    count: int = 1
    partials: int = 2


@dataclass(frozen=True)
class Picture:
    """An image file in memory. *format* is a key of ``core.picture.ENDINGS``."""

    data: bytes = field(repr=False)
    format: str
    width: int = 0
    height: int = 0
    secret_fields: ClassVar[tuple[str, ...]] = ("data",)


@dataclass(frozen=True)
class ImageRequest:
    """What a maker gets. With *inputs* it is an edit; *mask*: a PNG, transparent where to draw."""

    prompt: str
    options: ImageOptions = ImageOptions()
    inputs: tuple[Picture, ...] = ()
    mask: Picture | None = None


@dataclass(frozen=True)
class PartialImage:
    """A preview; *index* counts from 0."""

    index: int
    picture: Picture


@dataclass(frozen=True)
class FinishedImage:
    """A picture as it was wanted. *revised_prompt*: what the service made of the prompt, where it tells."""

    picture: Picture
    revised_prompt: str = ""


@dataclass(frozen=True)
class ImagesEnd:
    """All pictures have come; *model* is the one that really drew."""

    model: str = ""
    usage: Usage | None = None


ImagePart = PartialImage | FinishedImage | ImagesEnd


@dataclass(frozen=True)
class StoredImage:
    """A picture in the gallery.

    Attributes:
        path: the file, absolute.
        engine: who drew it, as shown; "" for a picture of the person's own.
        duration_s: from the request to the picture.
        cost_usd: this picture's share of what the request cost; None where it is not known.
        verdict: of moderation: None = not checked, "" = nothing found, else the category.
        parent_id: the picture it was made from.
        held: why it is kept from view until the person decides to see it, with its score; "" = it is shown.
        found: what moderation found too much of, in words with the scores.
    """

    id: int
    path: str
    format: str
    width: int
    height: int
    prompt: str = ""
    revised_prompt: str = ""
    options: ImageOptions = ImageOptions()
    engine: str = ""
    created_at: float = 0.0
    duration_s: float = 0.0
    cost_usd: float | None = None
    verdict: str | None = None
    parent_id: int | None = None
    held: str = ""
    found: str = ""


@dataclass(frozen=True)
class Judgement:
    """Moderation's word on a picture; the fields as of :class:`StoredImage`."""

    verdict: str | None = None
    held: str = ""
    found: str = ""


@dataclass(frozen=True)
class ImageInput:
    """A picture to work from: one of the gallery by its id, or a file."""

    image_id: int | None = None
    path: str = ""


@dataclass(frozen=True)
class ModelChoice:
    """A model that can be chosen, with what it takes."""

    name: str
    offer: ImageOffer


# --- commands -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShowImageChoices:
    """Answered by ImageChoices. *is_thorough*: a compatible server is asked what it serves."""

    is_thorough: bool = False


@dataclass(frozen=True)
class EstimateImage:
    """Answered by ImageEstimated."""

    options: ImageOptions


@dataclass(frozen=True)
class GenerateImage:
    """Draw. *job* names the work in the events that follow."""

    job: str
    prompt: str
    options: ImageOptions = ImageOptions()


@dataclass(frozen=True)
class EditImage:
    """Draw from pictures; the first one becomes the parent. *mask*: PNG of the first one's size, or empty."""

    job: str
    prompt: str
    inputs: tuple[ImageInput, ...]
    options: ImageOptions = ImageOptions()
    mask: bytes = field(default=b"", repr=False)
    secret_fields: ClassVar[tuple[str, ...]] = ("mask",)


@dataclass(frozen=True)
class CancelImage:
    """Stop *job*; pictures that are whole stay."""

    job: str


@dataclass(frozen=True)
class ImportImage:
    """Put a file of the person's own, or *data* (a screenshot), into the gallery."""

    path: str = ""
    data: bytes = field(default=b"", repr=False)
    secret_fields: ClassVar[tuple[str, ...]] = ("data",)


@dataclass(frozen=True)
class ListImages:
    """List the gallery, newest first; *query* is looked for in prompts. Answered by ImagesListed."""

    query: str = ""


@dataclass(frozen=True)
class ChooseImage:
    """Make this the current picture, the one that spoken wishes are about; None: none is."""

    image_id: int | None


@dataclass(frozen=True)
class DeleteImage:
    """Take a picture out of the gallery; its file stays until the program ends, so that it can come back."""

    image_id: int


@dataclass(frozen=True)
class RestoreImage:
    """Bring a deleted picture back."""

    image_id: int


@dataclass(frozen=True)
class RevealImage:
    """Show a picture that is kept from view: the person decided to see it."""

    image_id: int


@dataclass(frozen=True)
class SaveImage:
    """Copy a picture to *path*; empty: to the person's pictures folder."""

    image_id: int
    path: str = ""


@dataclass(frozen=True)
class AttachImage:
    """Let a picture go with the next message, as a file does (``core.attachments``)."""

    image_id: int


@dataclass(frozen=True)
class ListConversationImages:
    """Answered by ConversationImages."""

    conversation_id: int


ImageCommand = (
    ShowImageChoices
    | EstimateImage
    | GenerateImage
    | EditImage
    | CancelImage
    | ImportImage
    | ListImages
    | ChooseImage
    | DeleteImage
    | RestoreImage
    | RevealImage
    | SaveImage
    | AttachImage
    | ListConversationImages
)

# --- events ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImageChoices:
    """Who draws, and the models to choose from, the default first; *missing* says what is needed where none can."""

    provider: str
    models: tuple[ModelChoice, ...] = ()
    missing: str = ""
    hint: str = ""


@dataclass(frozen=True)
class ImageEstimated:
    """The answer to EstimateImage."""

    options: ImageOptions
    estimate: Estimate


@dataclass(frozen=True)
class ImageStarted:
    """*job* has been sent to *engine*."""

    job: str
    prompt: str
    options: ImageOptions
    engine: str
    is_edit: bool = False


@dataclass(frozen=True)
class ImagePartial:
    """A preview of *job*; *index* counts from 0."""

    job: str
    index: int
    picture: Picture


@dataclass(frozen=True)
class ImageAdded:
    """A picture is on the disk and in the gallery; *job* "" where it was not drawn but imported."""

    image: StoredImage
    job: str = ""


@dataclass(frozen=True)
class ImageJobEnded:
    """*job* is over; *problem* where it failed. The prompt is the sender's to keep. *model*: who really drew."""

    job: str
    seconds: float = 0.0
    cost_usd: float | None = None
    is_cancelled: bool = False
    problem: Problem | None = None
    model: str = ""


@dataclass(frozen=True)
class ImagesListed:
    """The gallery, newest first, as far as *query* is found in it."""

    images: tuple[StoredImage, ...]
    query: str = ""


@dataclass(frozen=True)
class ImageChanged:
    """More is known of a picture (a verdict, its cost); *is_deleted*: it is out of the gallery, and can come back."""

    image: StoredImage
    is_deleted: bool = False


@dataclass(frozen=True)
class ImageChosen:
    """The current picture is another one; None: there is none."""

    image: StoredImage | None


@dataclass(frozen=True)
class ImageSaved:
    """A picture was copied to *path*."""

    image: StoredImage
    path: str


@dataclass(frozen=True)
class ImageInConversation:
    """A picture belongs into the open conversation, after what stands there now; *message_id*: it stands with that."""

    image: StoredImage
    message_id: int | None = None


@dataclass(frozen=True)
class ConversationImages:
    """The pictures of a conversation by message."""

    conversation_id: int
    images: Mapping[int, tuple[StoredImage, ...]]


ImageEvent = (
    ImageChoices
    | ImageEstimated
    | ImageStarted
    | ImagePartial
    | ImageAdded
    | ImageJobEnded
    | ImagesListed
    | ImageChanged
    | ImageChosen
    | ImageSaved
    | ImageInConversation
    | ConversationImages
)
