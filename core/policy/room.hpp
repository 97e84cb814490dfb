// Rooms belong to the model: what books them here and what checks a scenario mean the same.
#pragma once

#include "core/model/room.hpp"
