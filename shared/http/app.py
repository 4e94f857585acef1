"""Every service is made the same way, and does not start with a route that anybody could call."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from shared import audit_api
from shared.auth.tokens import TokenVerifier, keys_at
from shared.clock import running_clock
from shared.db.engine import make_engine
from shared.db.session import make_sessions
from shared.http import clock_api, probes
from shared.http.documents import describe
from shared.http.exchange import Runtime, ServiceDescription
from shared.http.outermost import Outermost
from shared.http.problems import answer_with_problems
from shared.http.rates import RateLimiter
from shared.http.routes import check_every_route_is_guarded
from shared.http.seen import SEEN
from shared.notifier import running_notifier
from shared.policy import api as policies

EXPOSED_HEADERS = ("ETag", "Link", "Location", "Retry-After", "Idempotency-Replayed", "Mainstay-Trace", SEEN)


def create_app(service: ServiceDescription) -> FastAPI:
    """The HTTP application of one service; raises UnguardedRoute."""
    settings = service.settings
    app = FastAPI(
        title=service.title,
        description=service.description,
        lifespan=_lifespan(service),
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        redoc_url=None,
    )
    answer_with_problems(app)
    for router in _routers(service):
        app.include_router(router, prefix="" if router.prefix.startswith("/.well-known") else "/v1")
    app.include_router(probes.router)
    check_every_route_is_guarded(app)
    describe(app, service)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
        )
    anonymous = RateLimiter(per_s=settings.anonymous_rate_limit_per_s, burst=settings.anonymous_rate_limit_burst)
    app.add_middleware(Outermost, anonymous=anonymous)
    return app


def _routers(service: ServiceDescription) -> Iterator[APIRouter]:
    yield from service.routers
    yield policies.router
    yield audit_api.router
    if service.settings.clock_profile == "story":
        yield clock_api.router


def _lifespan(service: ServiceDescription) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with running(service) as runtime:
            app.state.mainstay = runtime
            yield

    return run


@asynccontextmanager
async def running(service: ServiceDescription) -> AsyncIterator[Runtime]:
    """Everything one process of the service holds, opened and closed in order."""
    settings = service.settings
    engine = make_engine(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        clock = await stack.enter_async_context(
            running_clock(profile=settings.clock_profile, story_start=settings.story_clock_start, engine=engine)
        )
        notifier = await stack.enter_async_context(running_notifier(settings.database_url))
        sessions = make_sessions(engine, service=service.name, wake=notifier.wake)
        runtime = Runtime(service, settings, engine, sessions, clock)
        load_keys = service.load_keys(runtime) if service.load_keys else keys_at(settings.jwks_url)
        runtime.verifier = TokenVerifier(
            issuer=settings.oidc_issuer or settings.token_issuer, audience=settings.token_audience, load_keys=load_keys
        )
        runtime.limiter = RateLimiter(per_s=settings.rate_limit_per_s, burst=settings.rate_limit_burst)
        for beside in service.beside:
            await stack.enter_async_context(beside(runtime))
        yield runtime
