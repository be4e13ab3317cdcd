#pragma once
#include <string>

// Who keeps a command from the catalogue's lock.
namespace tidewheel::cli {

struct Context;

// Ends those of our own role of which nothing has come for ten seconds in the middle of a COPY: no
// timeout of PostgreSQL's reaches a client that is frozen there, and its locks would stay for ever.
// What they had under way is undone. One that is merely slow begins it again.
void end_frozen_holders(const Context& context);

// "tidewheel redrive, pid 123, waiting for its client since …"; empty: nobody holds it.
std::string catalogue_holders(const Context& context);

}  // namespace tidewheel::cli
