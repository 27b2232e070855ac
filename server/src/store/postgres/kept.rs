//! Requeued deliveries.
//!
//! Owns that a waiting or quarantined delivery is applied once. Must not know a provider.

use super::apply::{self, conclude};
use super::unit::Unit;
use super::user_changes::ProviderUser;
use super::{arrivals, connection_row, locks, syncs};
use crate::store::rows::{PURGING, REMOVED, Status, UNKNOWN_CONNECTION, applied, settled};
use crate::store::{Changed, Content, NewDelivery, Recorded, Result, Urgency};

/// Applies a waiting or quarantined delivery again.
pub(super) async fn requeue(unit: &mut Unit, id: i64, new: &NewDelivery) -> Result<Recorded> {
    let NewDelivery { connector, content, arrived, .. } = new;
    unit.delivery = Some(arrived.id);
    let none = vec![];
    let (connection_id, changes) = match content {
        Content::Changes { connection_id, changes, .. } => (connection_id, changes),
        Content::Fetch { connection_id, .. } => (connection_id, &none),
        Content::UserChanges { provider_user, changes } => {
            return ProviderUser { connector, id: provider_user }.requeue(unit, changes, id).await;
        }
        Content::Nothing => {
            let is_first = conclude(&mut unit.database, id, None, Status::Processed, None).await?;
            return Ok(if is_first { Recorded::Applied(Changed::default()) } else { Recorded::Duplicate });
        }
        Content::Kept(reason) => {
            conclude(&mut unit.database, id, None, Status::Quarantined, Some(reason)).await?;
            return Ok(Recorded::Kept(reason.clone()));
        }
        Content::Malformed(reason) => {
            conclude(&mut unit.database, id, None, Status::Rejected, Some(reason)).await?;
            return Ok(Recorded::Malformed(reason.clone()));
        }
    };
    let database = &mut *unit.database;
    locks::connection(database, &connector.id, connection_id).await?;
    if arrivals::is_of_former_owner(database, id, &connector.id, connection_id).await? {
        conclude(database, id, Some(connection_id), Status::Processed, Some(REMOVED)).await?;
        return Ok(Recorded::Duplicate);
    }
    let Some(connection) = connection_row::find(database, &connector.id, connection_id).await? else {
        conclude(database, id, Some(connection_id), Status::Waiting, Some(UNKNOWN_CONNECTION)).await?;
        return Ok(Recorded::Kept(UNKNOWN_CONNECTION.to_owned()));
    };
    if connection_row::is_purging(database, &connector.id, connection_id).await? {
        conclude(database, id, Some(connection_id), Status::Waiting, Some(PURGING)).await?;
        return Ok(Recorded::Kept(PURGING.to_owned()));
    }
    let settled = settled(content);
    if !conclude(database, id, Some(connection_id), settled.status, settled.reason.as_deref()).await? {
        return Ok(Recorded::Duplicate);
    }
    if let Content::Fetch { request, .. } = content {
        let place = (connector.id.as_ref(), connection_id.as_str());
        syncs::request(database, place, request, Urgency::AfterPause, unit.now).await?;
        return Ok(Recorded::Applied(Changed::default()));
    }
    let arrived = apply::received_at(unit, id).await?;
    let changed = apply::changes(unit, connector, &connection, changes, id, arrived).await?;
    Ok(applied(changed, settled.reason))
}
