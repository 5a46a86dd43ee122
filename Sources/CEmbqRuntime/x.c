#include "CEmbqRuntime.h"
