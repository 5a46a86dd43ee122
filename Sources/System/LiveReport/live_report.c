/* #embed (C23) is taken by clang in C11 too; the build sees to it that a changed file is embedded anew. */
#include "live_report.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char module[] = {
#embed "browser/live.wasm"
};
static const unsigned char script[] = {
#embed "browser/live.js"
};

live_file live_module(void) { return (live_file){module, sizeof module}; }

live_file live_script(void) { return (live_file){script, sizeof script}; }
