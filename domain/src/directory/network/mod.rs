//! What a tenant trusts: named networks, and what its policy lets them and remembered browsers do. They count at sign-in alone; what they must never do stands
//! in the verification engine.

pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use ipnet::IpNet;
use serde::Serialize;

/// A trusted network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkView {
    /// By which it is changed.
    pub id: Uuid,
    /// Name for people.
    pub name: String,
    /// Its addresses.
    pub range: IpNet,
    /// Since when.
    pub made_at: Timestamp,
}

/// Reads a range as people write it: `192.0.2.0/24`, `2001:db8::/48`, or one address alone. What is wrong with it is said with what was typed.
pub fn read_range(typed: &str) -> std::result::Result<IpNet, String> {
    let typed: String = typed.trim().chars().filter(|c| !c.is_control()).take(60).collect();
    let range = match (typed.parse::<IpNet>(), typed.parse::<IpAddr>()) {
        (Ok(range), _) => range,
        (_, Ok(address)) => IpNet::from(address),
        _ => return Err(format!("'{typed}' is no network, such as 192.0.2.0/24 or 2001:db8::/48")),
    };
    if range != range.trunc() {
        return Err(format!("'{typed}' is an address within a network; the network is {}", range.trunc()));
    }
    // An IPv4 client never comes under its IPv6 spelling: the edge writes addresses one way.
    if matches!(range, IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some()) {
        return Err(format!("'{typed}' is an IPv4 network in IPv6 spelling; write it as IPv4"));
    }
    let shortest = match range {
        IpNet::V4(_) => NETWORK_BITS_MIN_V4,
        IpNet::V6(_) => NETWORK_BITS_MIN_V6,
    };
    match range.prefix_len() >= shortest {
        true => Ok(range),
        false => Err(format!("'{typed}' trusts too much of the world; /{shortest} is the widest")),
    }
}

impl Directory<'_> {
    /// The trusted networks, by name.
    pub async fn networks(self, by: &Admin) -> Result<Vec<NetworkView>> {
        by.needs(Permission::PublishPolicy)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let networks = store::list_networks(&mut tx).await?;
        tx.commit().await?;
        Ok(networks)
    }

    /// Trusts one more network.
    pub async fn add_network(self, by: &Admin, name: &CleanText<NAME_CHARACTERS_MAX>, range: &str, reason: &str) -> Result<NetworkView> {
        by.needs(Permission::PublishPolicy)?;
        let range = read_range(range).map_err(DirectoryError::Network)?;
        let now = self.0.clock().now();
        let view = NetworkView {
            id: self.0.rng().id(now),
            name: name.to_string(),
            range,
            made_at: now,
        };
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        store::lock_networks(&mut tx).await?;
        if store::count_networks(&mut tx).await? >= NETWORKS_MAX {
            return Err(DirectoryError::Network(format!(
                "'{range}' does not fit: {NETWORKS_MAX} networks are trusted already"
            )));
        }
        store::insert_network(&mut tx, &view, by.who().id())
            .await
            .map_err(|error| match error.constraint() {
                Some("trusted_network_tenant_id_range_key") => DirectoryError::Network(format!("'{range}' is trusted already")),
                _ => error.into(),
            })?;
        let change = (Value::Null, json!({ "name": view.name, "range": range }));
        self.network_changed(tx, by, view.id, Event::NetworkAdded, reason, change).await?;
        Ok(view)
    }

    /// Gives a trusted network another name.
    pub async fn rename_network(self, by: &Admin, network: Uuid, name: &CleanText<NAME_CHARACTERS_MAX>, reason: &str) -> Result<()> {
        by.needs(Permission::PublishPolicy)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let before = store::set_network_name(&mut tx, network, name.as_str())
            .await?
            .ok_or(DirectoryError::Unknown("network"))?;
        let change = (json!({ "name": before }), json!({ "name": name }));
        self.network_changed(tx, by, network, Event::NetworkRenamed, reason, change).await
    }

    /// Trusts a network no more.
    pub async fn remove_network(self, by: &Admin, network: Uuid, reason: &str) -> Result<()> {
        by.needs(Permission::PublishPolicy)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let (name, range) = store::delete_network(&mut tx, network).await?.ok_or(DirectoryError::Unknown("network"))?;
        let change = (json!({ "name": name, "range": range }), Value::Null);
        self.network_changed(tx, by, network, Event::NetworkRemoved, reason, change).await
    }

    /// Sets what may stand in for a second factor, as the next version of the policy.
    pub async fn set_trust(self, by: &Admin, trust: Trust, reason: &str) -> Result<i32> {
        self.change_policy(by, reason, |document| PolicyDocument { trust, ..document }).await
    }

    async fn network_changed(self, mut tx: TenantTx, by: &Admin, network: Uuid, event: Event, reason: &str, change: (Value, Value)) -> Result<()> {
        let now = self.0.clock().now();
        let keys = self.0.keys(by.tenant()).await?;
        let audited = Audited {
            event,
            who: by.who(),
            target: ("network", Some(network)),
            reason: Some(reason),
            session: None,
            change: Change {
                before: change.0,
                after: change.1,
            },
        };
        self.audit(&mut tx, &keys, audited, now).await?;
        Ok(tx.commit().await?)
    }
}
