#include "embq.h"
