#include "CRuntimeSources.h"
